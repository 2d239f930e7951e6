"""The forty ways in which models and their servers fail, each with the tests that hold us to it.

Numbers and behaviours are those of the agent-loop guide, section 8. What this file tests itself are
the cases that lie between the wires and the loop; the others are tested where their code is.
"""

import ast
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from demo.model import ScriptedModel
from jobs.agent import Budget, Outcome
from jobs.model import Stop
from jobs.model.figures import LONGEST_TEXT
from tests.agent import given
from tests.model.conftest import ask

TESTS = Path(__file__).parents[1]
Start = Callable[..., ScriptedModel]

CASES: dict[int, tuple[str, dict[str, str]]] = {
    1: ("arguments are not JSON", {
        "model/test_arguments": "refused_in_words, the_refusal_shows_the_schema",
        "agent/test_trouble": "one_unreadable_call_does_not_spoil_the_others, "
        "a_model_that_gives_nothing_to_work_with_is_told_and_then_left"}),
    2: ("control characters, tags, the object twice, a fence", {
        "model/test_arguments": "mended, bare_control_characters_are_taken",
        "model/test_forty_cases": "a_call_that_was_mended_is_known_by_the_log"}),
    3: ("JSON in a string, a list, null, nothing", {
        "model/test_arguments": "mended, refused_in_words, "
        "a_tool_without_parameters_takes_nothing"}),
    4: ("fields missing, too many, of another type", {
        "model/test_arguments": "types_are_set_right_without_loss, refused_in_words",
        "agent/test_calls": "a_call_is_understood_as_it_was_meant"}),
    5: ("unknown tools, other names for ours", {
        "agent/test_calls": "a_call_is_understood_as_it_was_meant, "
        "a_call_that_cannot_be_understood_says_why",
        "agent/test_trouble": "one_unreadable_call_does_not_spoil_the_others"}),
    6: ("an empty reply, or reasoning only", {
        "model/test_wires": "why_the_model_stopped",
        "agent/test_trouble": "a_model_that_gives_nothing_to_work_with_is_told_and_then_left"}),
    7: ("text without a call", {
        "agent/test_trouble": "the_last_words_of_a_quiet_model_are_its_summary, "
        "a_model_that_gives_nothing_to_work_with_is_told_and_then_left"}),
    8: ("a call written as text", {
        "agent/test_attention": "a_call_written_as_text_is_noticed",
        "agent/test_trouble": "a_model_that_gives_nothing_to_work_with_is_told_and_then_left"}),
    9: ("a refusal", {
        "model/test_wires": "why_the_model_stopped",
        "model/test_failures": "a_failed_response_says_why, a_lasting_failure_is_not_tried_again",
        "agent/test_trouble": "a_model_that_gives_nothing_to_work_with_is_told_and_then_left"}),
    10: ("a filter", {
        "model/test_forty_cases": "what_a_provider_will_not_read_is_left_out_once",
        "model/test_failures": "refusals_and_filters_are_no_errors"}),
    11: ("a reply that is cut off, in the middle of a call too", {
        "model/test_wires": "why_the_model_stopped, a_reply_that_was_cut_short_can_be_followed_up",
        "agent/test_trouble": "a_reply_that_was_cut_off_is_dropped_and_the_next_may_be_longer"}),
    12: ("a history that is too long", {
        "model/test_failures": "a_lasting_failure_is_not_tried_again",
        "agent/test_room": "a_server_that_finds_the_history_too_long_gets_a_shorter_one",
        "agent/test_recap": "a_history_that_is_too_long_to_be_summed_up_is_summed_up_in_part_or_by_"
        "the_records"}),
    13: ("a history that is called irregular", {
        "model/test_failures": "a_history_that_is_refused_is_made_regular, "
        "a_history_that_cannot_be_mended_is_given_up"}),
    14: ("429 with a wait in seconds, milliseconds or as a date", {
        "model/test_failures": "the_server_says_how_long_to_wait, "
        "the_server_says_until_when_to_wait, a_wait_that_is_too_long_is_told_at_once, "
        "a_passing_failure_is_tried_again, stop_ends_the_call_within_a_second"}),
    15: ("no credit", {
        "model/test_failures": "a_lasting_failure_is_not_tried_again, "
        "a_quota_that_comes_back_soon_is_a_rate_limit",
        "agent/test_trouble": "what_the_operator_must_mend_is_said_at_once"}),
    16: ("5xx, 408, 409, 529, refused and reset connections, TLS", {
        "model/test_failures": "a_passing_failure_is_tried_again, tries_come_to_an_end, "
        "nobody_at_the_address, a_server_may_close_between_turns, "
        "a_certificate_that_nobody_vouches_for"}),
    17: ("200 with a web page", {
        "model/test_failures": "a_passing_failure_is_tried_again, "
        "a_web_page_for_ever_is_a_wrong_address"}),
    18: ("200 with JSON that is cut", {
        "model/test_failures": "a_passing_failure_is_tried_again"}),
    19: ("200 with an error, without choices", {
        "model/test_failures": "a_passing_failure_is_tried_again, "
        "a_lasting_failure_is_not_tried_again"}),
    20: ("streams that break off, end early, hold errors or garbage", {
        "model/test_failures": "a_stream_without_its_end_is_tried_again, "
        "a_response_stream_without_its_end_is_tried_again, "
        "what_is_lost_after_the_finish_is_not_missed, "
        "a_response_that_failed_by_mishap_is_tried_again",
        "model/test_streams": "events_are_found_in_pieces_of_any_size"}),
    21: ("a server that stalls or dribbles", {
        "model/test_failures": "one_deadline_holds_whatever_the_server_does, "
        "a_try_that_hangs_is_followed_by_another, silence_is_given_up_before_the_deadline"}),
    22: ("usage that is missing, zero or odd", {
        "model/test_wires": "usage_is_read, usage_that_is_not_told_is_estimated"}),
    23: ("parameters that are not known", {
        "model/test_failures": "a_limit_is_given_under_its_other_name, "
        "a_parameter_that_is_not_known_is_left_out, a_server_that_likes_no_parameter_is_given_up"}),
    24: ("401, 403, 404", {
        "model/test_failures": "a_lasting_failure_is_not_tried_again",
        "agent/test_trouble": "what_the_operator_must_mend_is_said_at_once"}),
    25: ("many calls at once, on one file, with one id, with submit among them", {
        "model/test_wires": "ids_of_calls_are_made_single, forty_calls_come_in_their_order",
        "agent/test_trouble": "of_forty_calls_sixteen_are_carried_out_and_all_are_answered, "
        "calls_with_one_id_get_one_answer_each, submit_comes_last_and_wants_to_be_alone",
        "agent/test_order": "edits_of_one_file_in_one_reply_build_upon_each_other"}),
    26: ("output without end", {
        "sandbox/test_commands": "a_flood_is_stopped, a_flood_without_line_ends_is_stopped, "
        "long_output_is_cut_and_kept_whole_in_a_file",
        "sandbox/test_output": "a_long_line_is_cut, hostile_output_is_cleaned_in_time"}),
    27: ("output that is no text", {
        "sandbox/test_output": "output_is_cleaned",
        "sandbox/test_commands": "binary_output_is_named",
        "model/test_wires": "any_text_can_be_sent"}),
    28: ("commands that are huge, empty, broken, with NUL or CRLF", {
        "sandbox/test_commands": "a_script_of_any_length_runs, a_script_over_the_limit_is_refused, "
        "a_nul_byte_is_refused_in_words, windows_line_ends_are_understood, "
        "a_syntax_error_is_told_before_anything_runs",
        "agent/test_calls": "a_call_that_cannot_be_understood_says_why"}),
    29: ("commands that wait, ask, multiply or will not end", {
        "sandbox/test_commands": "commands_have_no_input, what_would_ask_somebody_does_not_wait, "
        "a_background_process_does_not_hold_the_call, "
        "a_command_over_its_time_is_ended_with_all_it_started",
        "sandbox/test_limits": "a_fork_bomb_stays_inside_and_passes"}),
    30: ("a sandbox that dies or is full", {
        "sandbox/test_server_dies": "it_works_afterwards_or_is_lost_at_once",
        "sandbox/test_files": "a_full_disk_leaves_the_old_file",
        "sandbox/test_isolation": "nothing_of_the_image_can_be_changed",
        "agent/test_whole_run": "a_lost_sandbox_ends_the_run_and_another_one_takes_over",
        "whole/test_faults": "a_task_goes_on_in_a_new_sandbox_when_its_own_is_removed"}),
    31: ("a server that cuts the prompt without a word", {
        "agent/test_window": "a_history_that_is_cut_is_noticed, "
        "the_work_ends_in_words_about_the_window, strange_counts_are_no_sign",
        "doctor/test_model": "a_prompt_that_is_cut_without_a_word_is_found_out"}),
    32: ("the same over and over", {
        "agent/test_attention": "what_goes_in_circles_is_counted",
        "agent/test_trouble": "the_same_over_and_over_is_remarked_on_and_then_ended, "
        "turns_that_bring_nothing_new_are_remarked_on_and_then_ended"}),
    33: ("budgets that run out, calls that came to nothing among them", {
        "agent/test_budgets": "each_budget_warns_once_at_four_fifths_and_then_ends_the_work, "
        "calls_that_come_to_nothing_use_the_budget_up, "
        "a_try_that_was_cut_off_is_charged_with_the_reply_that_came_after_it"}),
    34: ("a worker that is killed between a call and its result", {
        "agent/test_exits": "the_next_run_goes_on_where_this_one_ended, "
        "so_it_does_where_a_turn_was_left_half_done",
        "agent/test_recap": "a_job_that_follows_sends_what_the_first_would_have_sent",
        "agent/test_whole_run": "a_task_goes_on_after_any_interruption_and_repeats_no_command",
        "whole/test_survival": "a_task_goes_on_when_its_worker_is_killed"}),
    35: ("somebody stops the task, or the issue is closed or gone, or there is a comment", {
        "bot/test_hear": "who_may_steer_is_heard_and_sees_it, "
        "others_are_neither_heard_nor_answered, an_issue_that_is_closed_ends_its_task",
        "agent/test_remarks": "a_remark_is_added_at_the_end_once_also_over_two_jobs",
        "model/test_failures": "stop_ends_the_call_within_a_second",
        "agent/test_whole_run": "stopping_in_the_middle_of_a_command_ends_at_once",
        "whole/test_survival": "stop_ends_a_running_task_in_words_and_pushes_nothing",
        "bot/test_line": "a_second_request_waits_in_line_and_everybody_can_see_where",
        "whole/test_faults": "a_task_whose_issue_is_deleted_comes_to_an_end"}),
    36: ("what an agent may do to git", {
        "sandbox/test_change": "nothing_done_to_git_has_a_say_in_what_is_collected, "
        "what_changed_is_collected",
        "whole/test_hostile": "hooks_settings_and_a_ruined_git_folder_run_nothing"}),
    37: ("instructions from strangers", {
        "agent/test_untrusted": "no_text_can_end_its_block_or_open_one, "
        "nobody_else_speaks_with_our_voice",
        "agent/test_prompt": "an_issue_that_plays_the_system_stays_in_its_block",
        "agent/test_guidance": "they_are_the_project_s_and_cannot_leave_their_block, "
        "the_first_result_of_a_folder_carries_them_and_they_are_from_the_base",
        "whole/test_hostile": "a_spy_finds_no_secret_and_no_way_out"}),
    38: ("another model behind the name, reasoning that is not taken back", {
        "model/test_forty_cases": "another_model_behind_the_same_name_goes_on",
        "model/test_failures": "sealed_reasoning_of_another_model_is_left_out, "
        "reasoning_that_a_chat_server_will_not_have_back_is_left_out"}),
    39: ("a judge that says nothing that can be read", {
        "selection/test_reviewed_gate": "what_cannot_be_read_is_accepted_with_a_note, "
        "a_reviewer_that_cannot_be_reached_is_in_nobodys_way",
        "selection/test_verdict": "what_says_nothing_is_no_verdict",
        "selection/test_chooser": "anything_else_is_none"}),
    40: ("replies of megabytes", {
        "model/test_arguments": "refused_in_words",
        "model/test_wires": "arguments_that_would_fill_the_history_are_kept_out_of_it",
        "model/test_forty_cases": "a_text_that_would_fill_the_history_is_dropped",
        "model/test_failures": "a_body_without_end_is_not_kept, one_line_without_end_is_not_kept, "
        "a_stream_of_countless_events_takes_no_room"}),
}  # fmt: skip


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / f"{file}.py").read_text())
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


def test_there_are_forty() -> None:
    assert list(CASES) == list(range(1, 41))


@pytest.mark.parametrize("number", CASES)
def test_each_case_has_its_tests(number: int) -> None:
    for file, names in CASES[number][1].items():
        named = {f"test_{name}" for name in names.split(", ")}
        assert named <= names_in(file), f"{file}: {named - names_in(file)}"


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_call_that_was_mended_is_known_by_the_log(api: str, scripted_model: Start) -> None:
    plain = json.dumps(given.plan("one")["arguments"])
    texts = [plain, f"```json\n{plain}\n```", f"{plain}</parameter>", json.dumps(plain)]
    calls = [{"name": "update_plan", "arguments": text} for text in texts]
    log = given.Log()
    given.work(scripted_model([given.turn(*calls)]), log=log, budget=Budget(turns=1), api=api)
    observed = log.of("observation")
    assert [entry["status"] for entry in observed] == ["ok"] * 4
    assert [entry["mended"] for entry in observed] == [False, True, True, True]


POLICY = {"error": {"message": "flagged", "code": "content_filter"}}


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_what_a_provider_will_not_read_is_left_out_once(api: str, scripted_model: Start) -> None:
    fault = {"status": 400, "body": POLICY}
    plans = [given.turn(given.plan(f"step {number}")) for number in range(4)]
    model = scripted_model([plans[0], {**plans[1], "faults": [fault]}, plans[2]])
    log = given.Log()
    given.work(model, log=log, budget=Budget(turns=3), api=api)
    assert [entry["steps"] for entry in log.of("mask")] == [[1]]
    assert len(log.of("reply")) == 3
    assert b"left out to save room" in model.requests[2].body

    lasting = {**plans[1], "faults": [{**fault, "times": 0}]}
    ending = given.work(scripted_model([plans[0], lasting]), api=api)
    assert (ending.outcome, ending.cause) == (Outcome.MODEL_ERROR, "refused")


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_text_that_would_fill_the_history_is_dropped(
    api: str, scripted_model: Start, wire_to: Callable[..., Any]
) -> None:
    model = scripted_model([{"text": "x" * (LONGEST_TEXT + 1)}] * 2)
    assert ask(wire_to(model, api)).stop is Stop.LENGTH
    log = given.Log()
    given.work(model, log=log, budget=Budget(turns=2), api=api)
    assert len(model.requests[-1].body) < LONGEST_TEXT
    assert "longer than a reply may be" in log.of("message")[1]["text"]


def _reply_of(api: str, number: int) -> dict[str, Any]:
    """A turn that names another model than the one before."""
    call = given.plan(f"step {number}")
    if api == "responses":
        return given.turn(call, extra={"model": f"m-{number}"}, reasoning="sealed")
    function = {"name": call["name"], "arguments": json.dumps(call["arguments"])}
    message = {
        "role": "assistant",
        "reasoning_content": "open",
        "tool_calls": [{"id": f"call_{number}", "type": "function", "function": function}],
    }
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    return {"faults": [{"body": {"model": f"m-{number}", "choices": [choice]}}]}


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_another_model_behind_the_same_name_goes_on(api: str, scripted_model: Start) -> None:
    log = given.Log()
    model = scripted_model([_reply_of(api, number) for number in range(3)])
    ending = given.work(model, log=log, budget=Budget(turns=3), api=api)
    assert ending.cause == "turns"
    assert [entry["model"] for entry in log.of("reply")] == ["m-0", "m-1", "m-2"]
    assert [request.parsed["model"] for request in model.requests] == ["scripted"] * 3
