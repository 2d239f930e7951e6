"""Shows tasks to people: `task_page` has the routes, `visible` makes hostile text harmless."""
