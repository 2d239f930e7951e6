"""Keeps the results of a run, and its patches as the official judge reads them."""

import threading
from pathlib import Path

from evaluation.files import read_lines, write_lines
from evaluation.instances import Json, Problem


class Written:
    """The rows of a run; each change is on the disk before anybody hears of it."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._lock = threading.Lock()
        patches = {
            (one["instance_id"], number): one["model_patch"]
            for number, path in self._predictions()
            for one in read_lines(path)
        }
        self.rows = [
            {**row, "patch": patches.get((row["id"], row["attempt"]), "")}
            for row in read_lines(out / "results.jsonl")
        ]

    def has(self, problem: Problem, attempt: int) -> bool:
        """Say whether an attempt is finished."""
        return any(
            (row["id"], row["attempt"]) == (problem.instance_id, attempt) for row in self.rows
        )

    def add(self, row: Json) -> None:
        """Take in what came of an attempt."""
        with self._lock:
            self.rows.append(row)
            self._write()

    def forget_troubles(self) -> list[Json]:
        """Take out the attempts that failed on this side, and return them."""
        with self._lock:
            out = [row for row in self.rows if row.get("infra_error")]
            self.rows = [row for row in self.rows if not row.get("infra_error")]
            self._write()
        return out

    def _write(self) -> None:
        """Write the patches first: a row says that all of it is there."""
        rows = sorted(self.rows, key=lambda row: (row["attempt"], row["id"]))
        for number in sorted({row["attempt"] for row in rows} | {1}):
            mine = (row for row in rows if row["attempt"] == number)
            write_lines(self._out / _name(number), map(self._prediction, mine))
        kept = ({key: value for key, value in row.items() if key != "patch"} for row in rows)
        write_lines(self._out / "results.jsonl", kept)

    def _prediction(self, row: Json) -> Json:
        return {
            "instance_id": row["id"],
            "model_name_or_path": row.get("model") or "none",
            "model_patch": row["patch"],
        }

    def _predictions(self) -> list[tuple[int, Path]]:
        """Name the files of predictions that are there, each with its attempt."""
        found = []
        for path in self._out.glob("preds*.jsonl"):
            number = path.name.removeprefix("preds").removesuffix(".jsonl").strip(".") or "1"
            found.append((int(number), path))
        return found


def _name(attempt: int) -> str:
    """Return the file of an attempt's predictions; the judge takes one for each task."""
    return "preds.jsonl" if attempt == 1 else f"preds.{attempt}.jsonl"
