"""Pacing: no two writes come too close, whoever writes, and after a limit everybody is silent."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from sqlalchemy import select

from records.database import Database, open_database
from records.pacing import NoTurn, Pace, Pacing, WritesWaiting
from records.schema import WriteRow

FAR = 100_000.0


def moments(database: Database) -> list[float]:
    with database.reading() as connection:
        return sorted(connection.execute(select(WriteRow.at)).scalars())


def test_the_first_write_is_made_at_once_and_the_next_a_second_later(database: Database) -> None:
    pacing = Pacing(database)
    assert pacing.turn(1, 2, longest_s=0.0) == 0.0
    assert 0.5 < pacing.turn(1, 2, longest_s=9.0) <= 1.0
    assert 1.5 < pacing.turn(1, 2, longest_s=9.0) <= 2.0


def test_repositories_do_not_wait_for_each_other(database: Database) -> None:
    pacing = Pacing(database)
    for repository in range(5):
        assert pacing.turn(1, repository, longest_s=0.0) == 0.0


def test_all_processes_keep_one_pace(database: Database, database_url: str) -> None:
    others = [open_database(database_url) for _ in range(3)]
    pacings = [Pacing(each) for each in (database, *others)]

    def write(number: int) -> None:
        pacings[number % 4].turn(1, 2, longest_s=FAR)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    for other in others:
        other.close()
    assert len(moments(database)) == 40
    assert all(later - sooner > 0.999 for sooner, later in pairwise(moments(database)))


@pytest.mark.parametrize(("window_s", "most"), [(60.0, 80), (3600.0, 500)])
def test_no_minute_has_more_than_eighty_and_no_hour_more_than_five_hundred(
    database: Database, window_s: float, most: int
) -> None:
    pacing = Pacing(database, Pace(apart_s=0.01))
    for number in range(620):
        pacing.turn(1, number % 7, longest_s=FAR)
    written = moments(database)
    for begin, at in enumerate(written):
        assert sum(1 for other in written[begin:] if other - at < window_s - 0.001) <= most


def test_installations_do_not_wait_for_each_other(database: Database) -> None:
    pacing = Pacing(database, Pace(apart_s=0.0, a_minute=2))
    for _ in range(2):
        assert pacing.turn(1, 2, longest_s=0.0) == 0.0
    with pytest.raises(NoTurn):
        pacing.turn(1, 3, longest_s=10.0)
    assert pacing.turn(4, 2, longest_s=0.0) == 0.0


def test_a_turn_that_is_too_far_off_is_not_taken(database: Database) -> None:
    pacing = Pacing(database, Pace(apart_s=5.0))
    pacing.turn(1, 2, longest_s=0.0)
    with pytest.raises(NoTurn) as later:
        pacing.turn(1, 2, longest_s=1.0)
    [first] = moments(database)
    assert later.value.at == pytest.approx(first + 5.0)


def test_words_that_can_wait_leave_room_for_others(database: Database) -> None:
    pacing = Pacing(database, Pace(apart_s=0.0, a_minute=8))
    for _ in range(6):
        assert pacing.spare_in(1, 2) == 0.0
        pacing.turn(1, 2, longest_s=0.0)
    assert 50.0 < pacing.spare_in(1, 2) <= 60.0
    assert pacing.turn(1, 2, longest_s=0.0) == 0.0


def test_in_a_silence_nobody_of_the_installation_gets_a_turn(database: Database) -> None:
    pacing = Pacing(database)
    assert pacing.silent_until(1) == 0.0
    until = pacing.fall_silent(1, 90.0)
    assert Pacing(database).silent_until(1) == until
    with pytest.raises(NoTurn) as later:
        pacing.turn(1, 2, longest_s=60.0)
    assert later.value.at == until
    assert pacing.silent_until(2) == 0.0
    assert pacing.turn(2, 3, longest_s=0.0) == 0.0


def test_a_silence_without_a_length_is_a_minute_and_twice_as_long_when_it_comes_again(
    database: Database,
) -> None:
    pacing = Pacing(database)
    first = pacing.fall_silent(1, None)
    second = pacing.fall_silent(1, None)
    third = pacing.fall_silent(1, None)
    assert second - first == pytest.approx(60.0, abs=2.0)
    assert third - second == pytest.approx(120.0, abs=2.0)


def test_the_writes_that_wait_can_be_seen(database: Database) -> None:
    pacing = Pacing(database)
    assert pacing.waiting() == WritesWaiting()
    for _ in range(4):
        pacing.turn(1, 2, longest_s=9.0)
    seen = pacing.waiting(1, 2)
    assert (seen.number, seen.silent_s) == (3, 0.0)
    assert 2.0 < seen.last_in_s <= 3.0
    assert pacing.waiting(1, 3).number == 0
    assert pacing.waiting().number == 3
    pacing.fall_silent(1, 30.0)
    assert 28.0 < pacing.waiting(1, 3).silent_s <= 30.0
    assert pacing.waiting(4, 2).silent_s == 0.0
