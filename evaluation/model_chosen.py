"""Says which model the attempts of a run will ask, from the settings that they will have.

`python -m evaluation.model_chosen NAME` prints it as JSON. Without a model that can be asked it
ends with 2 and a line that says why. It is a process of its own, with the settings of an attempt's.
"""

import json
import sys
from urllib.parse import urlsplit

from bot.model_settings import UnknownModel
from bot.settings import Settings, SettingsError
from jobs.refusal import refuse


def main() -> None:
    """Print `model`, as its server knows it, and `server`, the host that is asked."""
    try:
        model = Settings.load().model_named(sys.argv[1])
    except UnknownModel as unknown:
        if sys.argv[1]:
            refuse(str(unknown))
        refuse("MODEL is not set")
    except SettingsError as wrong:
        refuse(" ".join(str(wrong).split()))
    if model.lacks_key:
        refuse(f"{model.key_env or 'OPENAI_API_KEY'} is not set, the key for {model.shown}")
    print(json.dumps({"model": model.model, "server": urlsplit(model.base_url).hostname}))


if __name__ == "__main__":
    main()
