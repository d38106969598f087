//! The laws of a target, and of the store in it.

use windlass_core::Controls;
use windlass_core::{Control, ControlStore, ObjectId, StateStore, UnitId};
use windlass_fs::FileStore;
use windlass_testkit::control::{ControlHarness, ControlOf};
use windlass_testkit::store::{StateOf, StoreHarness};
use windlass_testkit::suite::{Bench, Check};
use windlass_testkit::target::TargetHarness;

use super::*;

const WHOLE: &str = "a file has one owner for all its fields, so an apply sets the whole object";
const UNABLE: &str = "a folder cannot predict";

impl Bench for Place {
    fn skips(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("an_unknown_kind_is_undefined", "a folder takes any kind"),
            ("a_list_of_an_unknown_kind_is_undefined", "a folder takes any kind"),
            ("a_held_deletion_is_told_and_the_object_still_seen", "nothing holds a file"),
            ("an_apply_leaves_alone_what_others_set", WHOLE),
            ("a_replace_leaves_nothing_of_others", WHOLE),
            ("what_somebody_else_holds_too_stays", WHOLE),
            ("a_stamp_stays_when_only_status_changes", "an apply sets the status of a file too"),
            ("an_error_after_which_something_changed_says_so", "no answer is lost on the way from a file"),
            ("each_item_is_admitted_in_its_order", UNABLE),
            ("each_want_is_predicted_in_its_order", UNABLE),
            ("predicting_changes_nothing", UNABLE),
            ("what_is_as_wanted_is_predicted_the_same", UNABLE),
            ("a_write_of_the_prediction_ends_as_predicted", UNABLE),
        ]
    }
}

impl TargetHarness for Place {
    fn target(&self) -> Arc<dyn Target> {
        Arc::new(self.target.clone())
    }

    fn edit(&self, id: &ObjectId, content: &str) {
        let file = format!("{}/{}/{}.yaml", id.namespace, id.kind, id.name);
        let text = self.read(&file);
        let line = text.lines().find(|line| line.starts_with("  content: ")).unwrap();
        self.put(&file, text.replace(line, &format!("  content: {content}")));
    }

    fn make_unreadable(&self, id: &ObjectId) -> Check {
        self.put(&format!("{}/{}/{}.yaml", id.namespace, id.kind, id.name), "a: [");
        Ok(())
    }

    /// No file has so long a name.
    fn invalid_object(&self, secret: &str) -> Check<Object> {
        Ok(config_map("shop", &"long".repeat(100), secret))
    }
}

windlass_testkit::target_suite!(Place::new);

mod polled {
    windlass_testkit::target_suite!(super::Place::polling);
}

mod state {
    use super::*;

    /// The store inside a target.
    struct Inside(Place);

    impl Bench for Inside {}

    impl StoreHarness for Inside {
        fn store(&self) -> Arc<dyn StateStore> {
            Arc::new(StateOf(self.0.target()))
        }

        /// The crash of the other process takes its lock away; a clone stands for that here.
        fn reopen(&self) -> Check<Arc<dyn StateStore>> {
            Ok(Arc::new(StateOf(Arc::new(self.0.target.clone()))))
        }

        fn damage(&self, unit: &UnitId) -> Check {
            self.0.put(&format!(".windlass/state/{unit}.json"), "{\"format\":1,");
            Ok(())
        }
    }

    impl ControlHarness for Inside {
        fn store(&self) -> Arc<dyn ControlStore> {
            Arc::new(ControlOf(self.0.target()))
        }

        /// By the very files.
        fn controls(&self, cx: &Context, installation: &str) -> Check<Result<Controls>> {
            let store = FileStore::new(self.0.path(".windlass/state"));
            Ok(block_on(store.controls(cx, installation)))
        }

        fn reopen(&self) -> Check<Arc<dyn ControlStore>> {
            Ok(Arc::new(ControlOf(Arc::new(DirTarget::open(self.0.folder.path()).unwrap()))))
        }

        fn damage(&self, unit: &UnitId) -> Check {
            self.0.put(&format!(".windlass/state/control/{unit}.json"), "{\"format\":1,");
            Ok(())
        }

        fn state(&self) -> Check<Arc<dyn StateStore>> {
            Ok(Arc::new(StateOf(self.0.target())))
        }
    }

    mod kept {
        windlass_testkit::store_suite!(|| super::Inside(super::Place::new()));
    }

    mod asked {
        windlass_testkit::control_suite!(|| super::Inside(super::Place::new()));
    }

    #[test]
    fn a_persons_word_gets_through_while_somebody_writes_to_the_folder() {
        let place = Place::with_web();
        let other = DirTarget::open(place.folder.path()).unwrap();
        assert_eq!(
            block_on(other.write(&context(), &delete("ConfigMap/shop/web"))).unwrap_err().kind(),
            ErrorKind::Conflict
        );
        let asked = ControlOf(Arc::new(other));
        block_on(asked.set_control(&context(), &unit("web"), None, &Control::default())).unwrap();
        assert!(block_on(ControlOf(place.target()).control(&context(), &unit("web"))).unwrap().is_some());
    }
}
