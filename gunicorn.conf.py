"""How the web process listens; PORT, HOST and WEB_CONCURRENCY are read from the environment."""

import os

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "web_worker.WebWorker"
# A live log holds a thread while somebody watches it, and pages/ lets no more than eight do so; a
# request that is sent slowly holds one for eight seconds. Threads that wait cost next to nothing.
threads = 256
# GitHub gives up on a delivery after ten seconds; nothing of ours takes longer but a live log,
# which gthread does not count.
timeout = 30
graceful_timeout = 10
# Nobody steers this server through a socket, and one in the home folder would be left behind.
control_socket_disable = True
