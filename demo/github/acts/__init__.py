"""What people and programs do to this GitHub; each act tells the Apps that listen.

Read in this order: `announce`, `accounts`, `repositories`, `issues`, `conversation`, `pushes`,
`pulls`, `reviews`, `checks`. Whoever calls an act holds the state's lock.
"""
