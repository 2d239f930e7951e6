"""How GitHub writes what it knows as JSON.

Reading order: `people`, `repositories`, `issues`, `commits`, `pulls`, `checks`, `apps`.
"""
