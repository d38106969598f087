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
            dropping_a_call_half_way_leaves_the_source_whole wanted_paths_are_brought
            what_was_not_fetched_is_never_missing a_missing_path_is_not_found
            a_listing_is_sorted_and_has_each_entry_once a_listing_tells_files_from_folders
            content_comes_as_it_is reading_twice_gives_the_same_bytes
            listing_a_file_is_invalid reading_a_folder_is_invalid
            a_link_inside_the_root_is_followed no_path_escapes_the_root a_file_over_the_limit_is_refused
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
            a_load_gives_the_version_of_the_last_save a_delta_changes_only_what_it_names
            what_a_delta_drops_is_owned_no_longer the_history_keeps_its_newest_records
            a_save_expecting_another_version_is_a_conflict a_refused_save_changes_nothing
            of_two_saves_at_once_one_wins versions_never_repeat
            a_damaged_state_is_corrupt_never_none a_damaged_state_is_not_written_over
            a_forgotten_unit_is_gone units_are_listed_sorted_and_once units_do_not_touch_one_another
            dropping_a_save_leaves_the_old_or_the_new_state
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
            $crate::suite::uphold(stringify!($law), &$crate::suite::Bench::skips(&harness), found);
        })+

        #[test]
        fn only_laws_that_there_are_are_skipped() {
            $crate::suite::check_skips(&$crate::suite::Bench::skips(&$make()), &[$(stringify!($law)),+]);
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
