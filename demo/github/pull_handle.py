"""What a test or a demo does to pull requests in a person's place: reviews, merges, checks."""

from collections.abc import Sequence
from typing import Any

from demo.github.acts import checks, pulls, repositories, reviews, workflows
from demo.github.acts.pushes import RefMove, pushed
from demo.github.auth import Caller
from demo.github.check_records import WorkflowRun
from demo.github.commit_making import FileChanges, NewVersion, commit_changes
from demo.github.errors import NotFound
from demo.github.handle import Handle
from demo.github.present.checks import check_run_json
from demo.github.present.people import user_json
from demo.github.present.pulls import (
    PullRequest,
    full_pull_json,
    review_comment_json,
    review_json,
)
from demo.github.present.workflows import workflow_run_json
from demo.github.records import Repository, Review, Token

Json = dict[str, Any]


class PullHandle(Handle):
    """A hand that also does what people do beside an issue's conversation."""

    def _pull(self, repository: str, number: int) -> PullRequest:
        _, found, issue = self._issue(repository, number)
        if issue.pull is None:
            raise NotFound
        return PullRequest(found, issue, issue.pull)

    # Branches

    def commit(
        self,
        repository: str,
        branch: str,
        user: str,
        files: dict[str, str | None],
        message: str = "Change files",
    ) -> str:
        """Put files on a branch as a person who pushes does (None deletes), and give the commit."""
        with self.state.lock:
            found, actor = self._repository(repository), self._actor(user)
            ref = f"refs/heads/{branch}"
            before = found.git.ref(ref)
            if before is None:
                raise NotFound
            written = {path: text.encode() for path, text in files.items() if text is not None}
            gone = tuple(path for path, text in files.items() if text is None)
            caller = Caller(token=Token(user=actor.user, created_at=self.state.now()))
            version = NewVersion(branch, before, message, FileChanges(written, gone))
            sha = commit_changes(self.state, found, caller, version)
            pushed(self.state, found, actor, RefMove(ref, before, sha))
            return sha

    def make_branch(self, repository: str, branch: str, user: str, start: str = "main") -> str:
        """Make a branch from another and give its commit."""
        with self.state.lock:
            found = self._repository(repository)
            sha = found.git.resolve(start)
            if sha is None:
                raise NotFound
            found.git.update_ref(f"refs/heads/{branch}", sha)
            pushed(self.state, found, self._actor(user), RefMove(f"refs/heads/{branch}", None, sha))
            return sha

    def delete_branch(self, repository: str, branch: str, user: str) -> None:
        """Remove a branch, as people do after a merge."""
        with self.state.lock:
            found, ref = self._repository(repository), f"refs/heads/{branch}"
            before = found.git.ref(ref)
            if before is None:
                raise NotFound
            found.git.delete_ref(ref)
            pushed(self.state, found, self._actor(user), RefMove(ref, before, None))

    def branches(self, repository: str) -> dict[str, str]:
        """Show the branches with their commits."""
        with self.state.lock:
            refs = self._repository(repository).git.refs("refs/heads/")
            return {ref.removeprefix("refs/heads/"): sha for ref, sha in refs.items()}

    def file(self, repository: str, path: str, ref: str = "main") -> str:
        """Show a file of a branch or a commit."""
        with self.state.lock:
            git = self._repository(repository).git
            found = git.tree(ref, path=path)
            if not found:
                raise NotFound
            return git.blob(found[0].sha).decode()

    # Pull requests

    def fork(self, repository: str, user: str) -> str:
        """Copy a repository into a person's account, and give the copy's full name."""
        with self.state.lock:
            parent = self._repository(repository)
            return repositories.fork_repository(self.state, parent, self.state.user(user)).full_name

    def open_pull(
        self, repository: str, user: str, head: str, title: str, body: str = "", base: str = "main"
    ) -> int:
        """Open a pull request from a branch, or a fork's as `owner:branch`, and give its number."""
        with self.state.lock:
            new = pulls.NewPull(title=title, head=head, base=base, body=body)
            found = self._repository(repository)
            return pulls.open_pull(self.state, found, self._actor(user), new).number

    def pull_requests(self, repository: str) -> list[Json]:
        """Show all pull requests of a repository, oldest first."""
        with self.state.lock:
            found = self._repository(repository)
            return [
                full_pull_json(self.state, PullRequest(found, each, each.pull))
                for each in found.issues.values()
                if each.pull is not None
            ]

    def ready_for_review(self, repository: str, number: int, user: str) -> None:
        """Make a draft ready."""
        with self.state.lock:
            where = self._issue(repository, number)
            pulls.set_draft(*where, self._actor(user), draft=False)

    def merge(self, repository: str, number: int, user: str) -> str:
        """Merge a pull request and give the merge commit's id."""
        with self.state.lock:
            where = self._issue(repository, number)
            return pulls.merge_pull(*where, self._actor(user), pulls.Merge())

    def revert(self, repository: str, number: int, user: str) -> int:
        """Open a pull request that takes a merged one back, and give its number."""
        with self.state.lock:
            where = self._issue(repository, number)
            return pulls.revert_pull(*where, self._actor(user)).number

    # Reviews

    def review(
        self,
        repository: str,
        number: int,
        user: str,
        event: str = "COMMENT",
        body: str = "",
        comments: Sequence[Json] = (),
    ) -> int:
        """Review as on the page (APPROVE, REQUEST_CHANGES or COMMENT), and give the review's id.

        Each comment has `path`, `line` and `body`, and may have `start_line` and `side`.
        """
        with self.state.lock:
            pull, actor = self._pull(repository, number), self._actor(user)
            review = reviews.add_review(self.state, pull, actor, body, "")
            for each in comments:
                new = reviews.NewReviewComment(**each)
                reviews.add_review_comment(self.state, pull, actor, new, review)
            reviews.submit_review(self.state, pull, actor, review, event)
            return review.id

    def reply(self, repository: str, number: int, user: str, comment_id: int, body: str) -> int:
        """Answer in the thread of a comment on the diff, and give the answer's id."""
        with self.state.lock:
            pull, actor = self._pull(repository, number), self._actor(user)
            return reviews.reply(self.state, pull, actor, comment_id, body).id

    def dismiss_review(self, repository: str, number: int, user: str, review_id: int) -> None:
        """Take the weight from a review."""
        with self.state.lock:
            pull = self._pull(repository, number)
            review = _review(pull, review_id)
            reviews.dismiss_review(self.state, pull, self._actor(user), review)

    def resolve(
        self, repository: str, number: int, user: str, comment_id: int, *, resolved: bool = True
    ) -> None:
        """Close the thread that a comment opened, or open it again."""
        with self.state.lock:
            pull = self._pull(repository, number)
            root = reviews.find_review_comment(pull, comment_id)
            reviews.resolve_thread(self.state, pull, self._actor(user), root, resolved=resolved)

    def reviews(self, repository: str, number: int) -> list[Json]:
        """Show the reviews of a pull request, oldest first."""
        with self.state.lock:
            pull = self._pull(repository, number)
            return [review_json(self.state, pull, each) for each in pull.pull.reviews]

    def threads(self, repository: str, number: int) -> list[Json]:
        """Show the threads: `path`, `line`, `resolved_by` (a login or None) and `comments`."""
        with self.state.lock:
            pull = self._pull(repository, number)
            return [
                {
                    "path": said[0].path,
                    "line": said[0].line,
                    "resolved_by": said[0].resolved_by.login if said[0].resolved_by else None,
                    "comments": [review_comment_json(self.state, pull, each) for each in said],
                }
                for said in reviews.threads(pull)
            ]

    def requested_reviewers(self, repository: str, number: int) -> list[str]:
        """Show who was asked for a review and has not given one since."""
        with self.state.lock:
            asked = self._pull(repository, number).pull.requested_reviewers
            return [str(user_json(self.state, each)["login"]) for each in asked]

    def minimized(self, repository: str, number: int) -> dict[int, str]:
        """Show which comments of the conversation are folded away, and as what."""
        with self.state.lock:
            comments = self._issue(repository, number)[2].comments
            return {each.id: each.minimized_reason for each in comments if each.minimized_reason}

    # Checks

    def check_runs(self, repository: str, sha: str | None = None) -> list[Json]:
        """Show the check runs, oldest first, each with its `actions` and `annotations`."""
        with self.state.lock:
            found = self._repository(repository)
            return [
                check_run_json(self.state, found, each)
                | {"actions": each.actions, "annotations": each.annotations}
                for each in found.check_runs
                if sha in {None, each.head_sha}
            ]

    def press(self, repository: str, check_run_id: int, user: str, identifier: str) -> None:
        """Press a button of a check run."""
        with self.state.lock:
            found = self._repository(repository)
            run = self.state.check_run(found, check_run_id)
            checks.press_button(self.state, found, self._actor(user), run, identifier)

    def rerequest(self, repository: str, check_run_id: int, user: str) -> None:
        """Ask for a check run once more, as the page's own button does."""
        with self.state.lock:
            found = self._repository(repository)
            run = self.state.check_run(found, check_run_id)
            checks.rerequest(self.state, found, self._actor(user), run)

    def start_workflow(
        self, repository: str, branch: str, jobs: Sequence[str] = ("test",), name: str = "CI"
    ) -> int | None:
        """Let a workflow begin on a branch's head and give the run's id.

        None where the commit's message asks for no workflow, as `[skip ci]` does.
        """
        with self.state.lock:
            found = self._repository(repository)
            run = workflows.start_run(self.state, found, branch, name, jobs)
            return None if run is None else run.id

    def finish_job(
        self,
        repository: str,
        run_id: int,
        job: str = "test",
        conclusion: str = "success",
        log: str = "",
        annotations: Sequence[Json] = (),
    ) -> None:
        """End a job of a workflow's newest attempt; with the last one the check suite ends."""
        with self.state.lock:
            found = self._repository(repository)
            end = workflows.JobEnd(conclusion, log, annotations)
            workflows.finish_job(self.state, found, _workflow_run(found, run_id), job, end)

    def workflow_runs(self, repository: str, sha: str | None = None) -> list[Json]:
        """Show the workflow runs, oldest first."""
        with self.state.lock:
            found = self._repository(repository)
            return [
                workflow_run_json(self.state, found, each)
                for each in found.workflow_runs
                if sha in {None, each.head_sha}
            ]


def _review(pull: PullRequest, review_id: int) -> Review:
    for each in pull.pull.reviews:
        if each.id == review_id:
            return each
    raise NotFound


def _workflow_run(repository: Repository, run_id: int) -> WorkflowRun:
    for each in repository.workflow_runs:
        if each.id == run_id:
            return each
    raise NotFound
