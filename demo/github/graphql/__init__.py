"""The GraphQL API: the part of GitHub's schema that bots and `gh` use.

Read in this order: `schema.graphql`, `endpoint`, `asking` (who asks, and what they may see); then
`people_views`, `git_views`, `review_views`, `conversation_views` and `repository_views` (things as
GraphQL shows them); then `mutations` (the table), `commit_on_branch`, `comment_mutations`,
`issue_mutations`, `pull_mutations` and `thread_mutations`.
"""
