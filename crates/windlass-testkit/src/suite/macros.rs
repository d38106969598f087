//! The lists of laws, each in one place: tables, and tests in other repositories, are made from them.

/// Makes a test of each law of the [`Source`](windlass_core::Source) suite. Takes what makes a
/// [`SourceHarness`](crate::source::SourceHarness).
#[macro_export]
macro_rules! source_suite {
    ($make:expr) => { $crate::__source_laws!(__law_tests (source $make)); };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __source_laws {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            resolving_twice_gives_the_same_revision a_change_gives_another_revision
            an_artifact_names_the_revision_asked_for a_fetch_is_never_newer_than_asked
            fetching_twice_gives_equal_artifacts another_content_has_another_digest
            an_artifact_stays_unchanged_while_it_is_held an_unknown_revision_is_not_found
            no_failure_gives_an_empty_artifact no_credential_is_shown
            dropping_a_call_half_way_leaves_the_source_whole a_call_that_hangs_ends_with_the_deadline
            a_call_that_hangs_ends_when_it_is_cancelled wanted_paths_are_brought
            what_was_not_fetched_is_never_missing a_missing_path_is_not_found
            a_listing_is_sorted_and_has_each_entry_once names_that_differ_in_case_are_two
            a_listing_tells_files_from_folders
            content_comes_as_it_is reading_twice_gives_the_same_bytes
            files_of_one_digest_have_the_same_bytes
            listing_a_file_is_invalid reading_a_folder_is_invalid
            a_link_inside_the_root_is_followed no_path_escapes_the_root a_file_over_the_limit_is_refused
            a_change_is_told_however_long_nobody_waited a_change_before_the_first_wait_is_told
            what_was_resolved_is_told_no_more dropping_a_wait_for_a_change_loses_nothing
            waiting_for_a_change_ends_with_the_deadline waiting_for_a_change_ends_when_it_is_cancelled
        }
    };
}

/// Makes a test of each law of the [`StateStore`](windlass_core::StateStore) suite. Takes what makes a
/// [`StoreHarness`](crate::store::StoreHarness).
#[macro_export]
macro_rules! store_suite {
    ($make:expr) => { $crate::__store_laws!(__law_tests (store $make)); };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __store_laws {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            what_was_never_saved_is_none what_was_saved_is_loaded what_was_saved_survives_a_crash
            another_process_sees_what_was_saved
            a_load_gives_the_version_of_the_last_save a_delta_changes_only_what_it_names
            what_a_delta_drops_is_owned_no_longer the_history_keeps_its_newest_records
            each_pass_is_a_record_of_its_own the_last_good_record_is_kept the_default_namespace_is_kept
            hooks_are_remembered_until_they_are_dropped a_large_inventory_grows_shrinks_and_goes
            a_save_expecting_another_version_is_a_conflict a_refused_save_changes_nothing
            of_two_saves_at_once_one_wins of_two_processes_at_once_one_wins
            versions_never_repeat versions_never_repeat_after_a_crash
            a_damaged_state_is_corrupt_never_none a_damaged_state_is_not_written_over
            a_forgotten_unit_is_gone units_are_listed_sorted_and_once units_do_not_touch_one_another
            installations_share_nothing names_of_units_read_back_from_the_list
            every_instance_gives_one_key each_installation_has_a_key_of_its_own
            a_key_is_made_only_when_asked_for a_key_is_made_only_where_a_write_may_start a_key_is_not_shown
            a_fence_that_refuses_stops_every_save a_save_without_time_left_is_not_begun
            a_cancelled_save_saves_nothing dropping_a_save_leaves_the_old_or_the_new_state
            a_read_that_hangs_ends_with_the_deadline a_read_that_hangs_ends_when_it_is_cancelled
        }
    };
}

/// Makes a test of each law of the [`ControlStore`](windlass_core::ControlStore) suite. Takes what makes a
/// [`ControlHarness`](crate::control::ControlHarness).
#[macro_export]
macro_rules! control_suite {
    ($make:expr) => { $crate::__control_laws!(__law_tests (control $make)); };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __control_laws {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            nothing_is_asked_at_first what_was_asked_is_read a_save_replaces_the_whole_document
            an_empty_document_asks_for_nothing units_do_not_touch_one_another
            what_is_asked_and_the_state_are_apart what_is_asked_of_all_units_is_given_at_once
            a_damaged_document_hides_no_other a_damaged_document_is_corrupt_never_none
            who_follows_is_told_what_is_asked
            what_was_asked_survives_a_crash another_process_sees_what_was_asked
            of_two_saves_at_once_one_wins of_two_processes_at_once_one_wins
            a_read_gives_the_version_of_the_last_save a_save_expecting_another_version_is_a_conflict
            a_refused_save_changes_nothing versions_never_repeat
            a_fence_that_refuses_stops_every_save a_save_without_time_left_is_not_begun
            a_cancelled_save_saves_nothing dropping_a_save_leaves_the_old_or_the_new_document
        }
    };
}

/// Makes a test of each law of the [`Target`](windlass_core::Target) suite. Takes what makes a
/// [`TargetHarness`](crate::target::TargetHarness).
#[macro_export]
macro_rules! target_suite {
    ($make:expr) => { $crate::__target_laws!(__law_tests (target $make)); };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __target_laws {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            the_profile_is_the_same_every_time no_body_is_shown no_body_is_shown_where_an_object_is_refused
            observing_answers_for_each_object_asked_for what_is_not_there_is_absent
            what_cannot_be_read_is_never_absent an_unknown_kind_is_undefined observing_changes_nothing
            a_body_comes_unless_its_stamp_is_known what_the_unit_owns_is_found_though_nobody_asked
            what_others_own_is_no_orphan what_was_asked_for_is_no_orphan
            units_of_one_name_in_two_installations_are_two_owners what_another_installation_owns_is_no_orphan
            a_write_sets_the_whole_payload a_write_sets_the_owner what_was_written_is_seen_at_once
            a_write_says_what_it_did writing_again_says_unchanged_and_changes_nothing
            deleting_what_is_absent_is_gone a_held_deletion_is_told_and_the_object_still_seen
            an_object_that_is_being_deleted_says_so
            a_write_sends_the_payload_and_nothing_else what_an_apply_no_longer_has_is_taken_out
            what_somebody_else_holds_too_stays
            an_apply_leaves_alone_what_others_set a_replace_leaves_nothing_of_others
            create_only_leaves_alone_what_is_there a_recreated_object_has_another_uid
            an_expectation_that_does_not_hold_is_a_conflict a_refused_write_changes_nothing
            an_expectation_that_holds_lets_the_write_happen the_written_version_is_the_observed_one
            a_version_changes_with_every_change a_stamp_changes_with_what_an_apply_can_set
            a_stamp_stays_when_only_status_changes a_fence_that_refuses_stops_every_write
            a_write_without_time_left_is_not_begun
            a_cancelled_write_writes_nothing dropping_a_write_leaves_the_old_or_the_new_object
            an_error_after_which_something_changed_says_so a_look_that_hangs_ends_with_the_deadline
            a_look_that_hangs_ends_when_it_is_cancelled each_item_is_admitted_in_its_order
            each_want_is_predicted_in_its_order predicting_changes_nothing
            what_is_as_wanted_is_predicted_the_same a_write_of_the_prediction_ends_as_predicted
            what_goes_with_an_object_is_said_beforehand what_takes_nothing_along_has_no_entry
            what_excludes_nothing_is_not_said_to
            what_is_served_names_the_kinds_that_are_taken
            a_list_has_every_object_of_the_kind_whoever_owns_it a_list_keeps_to_its_namespace
            a_list_keeps_to_its_labels what_cannot_be_read_is_never_left_out_of_a_list
            a_list_of_an_unknown_kind_is_undefined a_list_over_the_limit_is_refused
            a_change_names_the_units_that_look_at_it a_change_of_what_a_unit_owns_names_it
            a_change_of_what_an_object_owns_names_its_unit what_another_unit_writes_is_a_change
            a_change_is_told_once the_echo_of_a_write_is_no_change a_change_names_no_other_unit
            what_a_unit_looks_at_no_more_is_not_watched what_could_have_been_missed_counts_as_a_change
            a_released_unit_is_named_no_more looking_at_an_unchanged_world_asks_nobody
            a_burst_of_changes_names_every_unit
            dropping_a_wait_for_changes_loses_nothing waiting_for_changes_ends_with_the_deadline
            waiting_for_changes_ends_when_it_is_cancelled
        }
    };
}

/// Makes a test of each law of the [`Renderer`](windlass_core::Renderer) suite. Takes what makes a
/// [`RendererHarness`](crate::renderer::RendererHarness).
#[macro_export]
macro_rules! renderer_suite {
    ($make:expr) => { $crate::__renderer_laws!(__law_tests (renderer $make)); };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __renderer_laws {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            rendering_twice_gives_the_same each_identity_is_rendered_once
            each_item_says_where_it_was_written each_file_of_an_item_is_among_the_reads
            a_change_of_what_was_read_changes_the_reads wrong_input_gives_no_items
            every_problem_is_reported_at_once each_problem_names_file_and_line
            two_items_with_one_identity_name_both_places no_content_is_shown_in_an_error
            what_is_missing_lists_its_needs what_was_not_fetched_is_never_left_out
            a_failure_to_read_is_never_an_empty_render a_missing_folder_is_an_error
            a_cancelled_render_ends more_objects_than_the_limit_are_refused
            more_bytes_than_the_limit_are_refused the_fingerprint_stays_the_same
            every_option_changes_the_fingerprint
        }
    };
}

/// Makes a test of each law of the [`Transform`](windlass_core::Transform) suite. Takes what makes a
/// [`TransformHarness`](crate::transform::TransformHarness).
#[macro_export]
macro_rules! transform_suite {
    ($make:expr) => { $crate::__transform_laws!(__law_tests (transform $make)); };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __transform_laws {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            transforming_twice_gives_the_same each_identity_is_there_once
            what_was_changed_names_the_transform what_was_not_changed_names_no_transform
            what_changed_an_item_before_stays_named what_the_render_said_stays
            what_was_read_is_among_the_reads a_change_of_what_was_read_changes_the_reads
            what_was_not_fetched_is_never_left_out a_failure_to_read_is_an_error
            wrong_input_gives_no_items every_problem_is_reported_at_once each_problem_names_file_and_line
            two_items_with_one_identity_name_both_places no_content_is_shown_in_an_error
            what_is_missing_lists_its_needs a_cancelled_transform_ends
            the_fingerprint_stays_the_same every_option_changes_the_fingerprint
        }
    };
}

/// Makes a test of each law of the [`OrderRule`](windlass_core::OrderRule) suite. Takes what makes a
/// [`OrderHarness`](crate::order::OrderHarness).
#[macro_export]
macro_rules! order_suite {
    ($make:expr) => { $crate::__order_laws!(__law_tests (order $make)); };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __order_laws {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            asking_twice_gives_the_same_edges the_order_of_items_does_not_matter
            edges_grow_with_the_items_and_not_with_their_pairs every_edge_is_among_the_items
            no_items_have_no_edges what_items_say_wrongly_is_invalid_and_names_them
        }
    };
}

/// Makes a test of each law of the [`Dialect`](windlass_core::Dialect) suite. Takes what makes a
/// [`DialectHarness`](crate::dialect::DialectHarness).
#[macro_export]
macro_rules! dialect_suite {
    ($make:expr) => { $crate::__dialect_laws!(__law_tests (dialect $make)); };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __dialect_laws {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            what_an_object_says_is_read reading_twice_gives_the_same what_is_not_spoken_of_stays
            what_others_annotate_is_not_read a_wrong_value_names_annotation_and_object
        }
    };
}

/// Makes a test of each law of the [`HealthCheck`](windlass_core::HealthCheck) suite. Takes what makes a
/// [`HealthHarness`](crate::health::HealthHarness).
#[macro_export]
macro_rules! health_suite {
    ($make:expr) => { $crate::__health_laws!(__law_tests (health $make)); };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __health_laws {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            what_there_is_a_rule_for_is_assessed assessing_twice_gives_the_same
            a_kind_without_a_rule_has_no_answer no_body_makes_it_panic nothing_of_a_secret_is_told
        }
    };
}

/// Makes a test of each law of the [`Policy`](windlass_core::Policy) suite. Takes what makes a
/// [`PolicyHarness`](crate::policy::PolicyHarness).
#[macro_export]
macro_rules! policy_suite {
    ($make:expr) => { $crate::__policy_laws!(__law_tests (policy $make)); };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __policy_laws {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            each_plan_gets_its_verdict the_same_plan_gets_the_same_verdict the_whole_plan_is_looked_at
            a_refusal_says_why a_review_writes_nothing a_verdict_shows_no_body
            a_policy_that_cannot_decide_never_allows
        }
    };
}

/// Makes a test of each law of the [`Clock`](windlass_core::Clock) suite. Takes what makes a
/// [`ClockHarness`](crate::time::ClockHarness).
#[macro_export]
macro_rules! clock_suite {
    ($make:expr) => { $crate::__clock_laws!(__law_tests (time $make)); };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __clock_laws {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            time_never_goes_back time_never_goes_back_on_another_thread a_sleep_ends_no_earlier
            sleeps_side_by_side_end_each_in_its_time dropping_a_sleep_has_no_effect
        }
    };
}

/// Makes a test of each law of the [`Bases`](windlass_core::Bases) suite. Takes what makes a
/// [`BasesHarness`](crate::bases::BasesHarness).
#[macro_export]
macro_rules! bases_suite {
    ($make:expr) => { $crate::__bases_laws!(__law_tests (bases $make)); };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __bases_laws {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            what_is_allowed_can_be_brought an_address_means_one_artifact what_is_not_allowed_is_denied
            what_cannot_be_read_is_invalid no_secret_of_an_address_is_shown
        }
    };
}

/// Makes a test of each law of the [`Fence`](windlass_core::Fence) suite. Takes what makes a
/// [`FenceHarness`](crate::fence::FenceHarness).
#[macro_export]
macro_rules! fence_suite {
    ($make:expr) => { $crate::__fence_laws!(__law_tests (fence $make)); };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __fence_laws {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            while_it_is_held_a_write_may_start what_is_left_grows_shorter_with_time
            once_it_has_run_out_no_write_may_start once_it_is_lost_no_write_may_start
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __law_tests {
    (($suite:ident $make:expr) $($law:ident)+) => {
        $(#[test]
        fn $law() {
            let harness = $make();
            let found = $crate::$suite::$law(&harness);
            $crate::suite::uphold(stringify!($law), &$crate::suite::Harness::skips(&harness), found);
        })+

        #[test]
        fn only_laws_that_there_are_are_skipped() {
            $crate::suite::check_skips(&$crate::suite::Harness::skips(&$make()), &[$(stringify!($law)),+]);
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __law_table {
    (($harness:ident) $($law:ident)+) => {
        /// All laws of the suite, in order.
        pub const LAWS: &[$crate::suite::Law<dyn $harness>] =
            &[$($crate::suite::Law { name: stringify!($law), check: |harness| $law(harness) }),+];
    };
}
