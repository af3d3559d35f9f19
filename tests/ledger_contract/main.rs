//! What every ledger promises, whatever it is built on. A new implementation is one line in `contract!`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set its scene has failed")]

mod bundles;
mod devices;
mod dispatches;
mod erasures;
mod incidents;
mod keeping;
mod moments;
mod outcomes;
#[path = "../support/postgres.rs"]
mod postgres;
mod records;
mod reliefs;
mod retention;
mod scene;
mod turns;

macro_rules! contract {
    ($implementation:ident: $home:expr; $($part:ident::$promise:ident)*) => {
        mod $implementation {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    let Some(home) = $home else { return };
                    crate::$part::$promise(&home).await;
                }
            )*
        }
    };
    ($($part:ident::$promise:ident),* $(,)?) => {
        contract!(on_sqlite: Some(crate::scene::Sqlite::new()); $($part::$promise)*);
        contract!(on_postgres: crate::scene::Postgres::new(); $($part::$promise)*);
    };
}

contract![
    incidents::an_error_plans_its_ladder_and_nothing_is_due_before_the_grace,
    incidents::a_hundred_identical_errors_are_one_incident,
    incidents::an_error_after_the_cooldown_opens_anew_and_replaces_the_old_ladder,
    incidents::a_resolved_cancels_what_is_planned_and_the_next_error_opens_anew,
    incidents::a_resolved_that_comes_first_stops_the_older_error,
    incidents::errors_of_one_batch_are_decided_one_after_the_other,
    incidents::incidents_differ_by_app_owner_vehicle_type_and_code,
    incidents::what_is_due_at_once_is_claimed_by_its_own_batch,
    incidents::an_error_nobody_can_decide_about_costs_no_neighbour,
    moments::a_worker_whose_clock_is_behind_does_not_date_a_resolved_back,
    moments::a_resolved_that_comes_first_stops_its_error_also_when_their_clock_is_ahead,
    moments::a_broken_clock_keeps_no_incident_open,
    moments::what_does_not_say_when_it_happened_happened_when_the_ledger_heard_of_it,
    moments::an_undated_error_that_is_delivered_again_is_no_news,
    dispatches::claims_take_the_longest_due_first_and_no_more_than_asked,
    dispatches::a_claim_is_nobody_elses_until_its_lease_runs_out,
    dispatches::a_settlement_with_an_old_token_changes_nothing,
    dispatches::a_settlement_that_is_repeated_is_recorded_once_and_says_so_again,
    dispatches::standing_tells_what_happened_since_the_claim,
    dispatches::a_retry_comes_back_when_it_is_due_and_ends_with_the_expiry,
    dispatches::a_retry_keeps_the_one_transport_that_may_be_asked,
    dispatches::a_doubt_is_as_old_as_the_first_try_whose_end_nobody_knows,
    dispatches::what_is_postponed_comes_back_as_it_was_and_expires_or_is_cancelled_as_usual,
    dispatches::a_retry_after_a_resolved_is_cancelled_at_once,
    dispatches::whoever_takes_over_a_claim_knows_which_transport_was_standing_in,
    dispatches::the_backlog_is_what_is_due_soon_and_is_counted_only_so_far,
    dispatches::a_released_claim_is_as_if_it_never_was,
    dispatches::the_next_address_follows_a_failure_and_no_other_end,
    dispatches::a_failure_after_the_resolved_tries_no_other_address,
    dispatches::every_end_is_counted_under_its_name,
    dispatches::a_claim_carries_the_newest_form_of_the_error,
    devices::each_device_gets_a_message_of_its_own_in_place_of_the_one_that_was_planned,
    devices::where_one_address_is_enough_the_other_devices_wait_for_a_failure,
    devices::devices_of_an_error_that_has_gone_are_planned_for_no_more,
    bundles::cars_whose_errors_come_within_the_grace_of_the_first_share_its_message,
    bundles::cars_whose_grace_ran_out_before_their_errors_came_share_a_message_all_the_same,
    bundles::nothing_joins_that_another_owner_error_or_address_is_about,
    bundles::a_car_that_is_well_again_leaves_the_message_and_the_others_stay,
    bundles::a_limit_parts_no_message_and_no_lease_does,
    bundles::twenty_cars_share_a_message_and_the_next_begins_another,
    bundles::what_takes_the_place_of_a_failed_message_is_one_message_too,
    dispatches::what_may_have_been_sent_ends_as_unknown_however_it_ends,
    retention::nobody_hears_of_the_end_of_what_is_forgotten,
    reliefs::whoever_was_told_hears_that_all_is_well_when_it_stays_well,
    reliefs::nobody_hears_of_the_end_of_what_they_were_not_told_of,
    reliefs::good_news_goes_where_the_bad_news_went,
    reliefs::what_is_being_sent_at_the_end_decides_before_the_good_news,
    reliefs::an_error_that_comes_back_soon_is_told_in_place_of_the_good_news,
    reliefs::errors_that_come_and_go_in_one_batch_end_with_one_good_news,
    reliefs::good_news_that_cannot_go_out_in_its_time_is_no_news,
    reliefs::cars_that_are_well_again_together_share_the_good_news,
    reliefs::nobody_hears_that_all_is_well_before_it_has_been_for_a_while,
    reliefs::good_news_waits_while_nobody_knows_whether_the_bad_news_went_out,
    reliefs::news_that_would_be_too_late_for_the_other_is_told_by_itself,
    reliefs::a_car_that_several_things_were_wrong_with_is_well_once,
    turns::an_owner_has_no_more_messages_than_a_day_may_bring,
    turns::two_workers_never_share_the_last_place_of_a_day,
    turns::who_looks_first_has_the_last_place_whatever_the_clocks_say,
    turns::many_workers_never_go_beyond_a_day_together,
    turns::a_step_over_two_channels_to_three_addresses_is_one_message_of_the_day,
    turns::a_message_about_several_cars_is_one_of_the_day,
    turns::a_lesser_error_waits_while_a_more_fundamental_one_of_the_same_car_is_open,
    turns::what_is_held_back_is_due_as_soon_as_what_held_it_back_is_over,
    turns::what_waited_until_its_reminder_is_due_gives_way_to_it,
    keeping::what_was_committed_is_there_after_a_restart,
    keeping::a_batch_of_a_thousand_is_one_call,
    keeping::many_tasks_at_once_lose_nothing_and_share_nothing,
    keeping::every_order_of_errors_and_resolved_ends_the_same,
    keeping::times_are_compared_as_they_are_kept,
    keeping::a_closed_ledger_refuses,
    records::the_history_tells_the_newest_first_and_what_became_of_each,
    records::the_history_tells_only_what_was_asked_for,
    records::an_owner_is_known_by_the_apps_that_told_of_them,
    records::what_has_failed_is_planned_again_while_it_is_worth_it,
    records::an_address_in_whose_place_another_was_tried_is_left,
    records::another_try_is_asked_of_an_address_that_was_found_dead,
    records::what_was_dropped_is_cancelled_and_says_what_it_was,
    records::a_pause_holds_over_a_restart_until_it_is_over_or_ended,
    erasures::an_erasure_leaves_nothing_of_the_owner_and_all_of_the_others,
    erasures::what_happened_before_an_erasure_is_not_taken_up_and_what_comes_later_is,
    erasures::an_old_file_of_events_brings_nobody_back_however_late_it_is_run,
    erasures::no_message_after_an_erasure_bears_the_id_of_one_before,
    erasures::a_claim_of_an_erased_owner_is_lost_and_its_end_changes_nothing,
    erasures::outcomes_and_dead_addresses_of_an_erased_owner_go_too,
    erasures::events_that_come_in_while_an_owner_is_erased_do_not_bring_them_back,
    retention::what_came_to_rest_is_bared_after_its_time_and_the_history_still_tells_of_it,
    retention::what_is_planned_or_was_heard_of_lately_is_kept,
    retention::an_incident_goes_when_no_event_could_ask_for_it,
    retention::a_round_looks_at_a_few_at_a_time_and_at_all_in_the_end,
    retention::what_no_incident_holds_goes_too,
    outcomes::each_end_is_there_to_be_told_in_its_order_and_once,
    outcomes::without_anybody_who_wants_them_none_are_kept,
    outcomes::what_one_takes_is_nobody_elses_until_it_lets_go_or_its_lease_is_over,
    outcomes::an_outcome_says_what_became_of_its_dispatch,
    outcomes::outcomes_outlast_a_restart_and_those_too_old_are_given_up_by_number,
    outcomes::an_address_may_be_found_dead_by_a_message_of_which_nobody_knows_whether_it_was_sent,
    outcomes::an_address_that_was_found_dead_is_told_with_every_later_claim_of_its_owner,
];
