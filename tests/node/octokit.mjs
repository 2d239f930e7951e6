// Drives the local GitHub with GitHub's own client: reads {url, app_id, private_key, owner, repo,
// secret, delivery} as JSON from its input and writes what it saw as JSON.
import { readFileSync } from "node:fs";
import { App, Octokit } from "octokit";
import { verify } from "@octokit/webhooks-methods";

const given = JSON.parse(readFileSync(0, "utf8"));
const { owner, repo } = given;
const app = new App({
  appId: given.app_id,
  privateKey: given.private_key,
  webhooks: { secret: given.secret },
  Octokit: Octokit.defaults({ baseUrl: given.url, throttle: { enabled: false } }),
});

const { data: self } = await app.octokit.rest.apps.getAuthenticated();
const installations = [];
for await (const { installation } of app.eachInstallation.iterator()) installations.push(installation.id);
const octokit = await app.getInstallationOctokit(installations[0]);

const { data: issue } = await octokit.rest.issues.get({ owner, repo, issue_number: 1 });
const { data: comment } = await octokit.rest.issues.createComment({
  owner, repo, issue_number: 1, body: "from octokit",
});
await octokit.rest.issues.updateComment({ owner, repo, comment_id: comment.id, body: "changed" });
await octokit.rest.reactions.createForIssueComment({ owner, repo, comment_id: comment.id, content: "eyes" });
const comments = await octokit.paginate(octokit.rest.issues.listComments, {
  owner, repo, issue_number: 1, per_page: 2,
});
const { data: permission } = await octokit.rest.repos.getCollaboratorPermissionLevel({
  owner, repo, username: "keeper",
});

const { data: main } = await octokit.rest.git.getRef({ owner, repo, ref: "heads/main" });
await octokit.rest.git.createRef({ owner, repo, ref: "refs/heads/octokit/fix", sha: main.object.sha });
const { createCommitOnBranch } = await octokit.graphql(
  `mutation($input: CreateCommitOnBranchInput!) {
    createCommitOnBranch(input: $input) { commit { oid } }
  }`,
  {
    input: {
      branch: { repositoryNameWithOwner: `${owner}/${repo}`, branchName: "octokit/fix" },
      expectedHeadOid: main.object.sha,
      message: { headline: "Fix" },
      fileChanges: { additions: [{ path: "fix.txt", contents: btoa("fixed\n") }] },
    },
  },
);
const { data: pull } = await octokit.rest.pulls.create({
  owner, repo, title: "Fix", head: "octokit/fix", base: "main", body: "Closes #1", draft: true,
});
const { data: diff } = await octokit.rest.pulls.get({
  owner, repo, pull_number: pull.number, mediaType: { format: "diff" },
});
const stale = await octokit
  .graphql(
    `mutation($input: CreateCommitOnBranchInput!) {
      createCommitOnBranch(input: $input) { commit { oid } }
    }`,
    {
      input: {
        branch: { repositoryNameWithOwner: `${owner}/${repo}`, branchName: "octokit/fix" },
        expectedHeadOid: main.object.sha,
        message: { headline: "Late" },
      },
    },
  )
  .catch((error) => error.errors[0].type);

const signature = await verify(given.secret, given.delivery.body, given.delivery.signature);
let heard = null;
app.webhooks.on("issues.opened", ({ payload }) => { heard = payload.issue.title; });
await app.webhooks.verifyAndReceive({
  id: given.delivery.id, name: "issues", payload: given.delivery.body, signature: given.delivery.signature,
});
await octokit.rest.apps.revokeInstallationAccessToken();

console.log(JSON.stringify({
  slug: self.slug, installations, issue: issue.title, comments: comments.map((each) => each.body),
  permission: [permission.permission, permission.role_name], commit: createCommitOnBranch.commit.oid,
  pull: { number: pull.number, draft: pull.draft, head: pull.head.sha }, diff, stale, signature, heard,
}));
