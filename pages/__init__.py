"""Shows tasks to people: `task_page` is the blueprint, `visible` makes hostile text harmless to look at."""
