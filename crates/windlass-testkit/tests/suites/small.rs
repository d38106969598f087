//! The suites of the small traits and of transforms hold for right implementations, and catch each saboteur by the one law it breaks.

macro_rules! caught {
    ($suite:ident, $laws:ident) => {
        mod $suite {
            use crate::saboteurs::$suite::Stage;
            use windlass_testkit::$suite::{LAWS, check_all};

            mod right {
                use super::Stage;
                windlass_testkit::$laws!(Stage::honest);
            }

            #[test]
            fn each_saboteur_is_caught_by_its_law_alone() {
                let laws = LAWS.iter().map(|law| law.name);
                crate::saboteurs::each_is_caught(laws, |law| check_all(|| Stage::breaking(law)));
            }
        }
    };
}

caught!(bases, bases_suite);
caught!(order, order_suite);
caught!(dialect, dialect_suite);
caught!(health, health_suite);
caught!(time, clock_suite);
caught!(fence, fence_suite);
caught!(transform, transform_suite);
caught!(policy, policy_suite);

#[test]
fn a_policy_that_asks_whether_it_may_write_is_caught() {
    use crate::saboteurs::policy::Stage;
    let found = windlass_testkit::policy::check_all(|| Stage::breaking("a policy that asks the fence"));
    assert_eq!(found.broken(), ["a_review_writes_nothing"], "{found}");
}

/// Test clocks: one that its own `block_on` moves, and one that moves by itself.
mod test_clock {
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::Arc;

    use windlass_core::Clock;
    use windlass_testkit::TestClock;
    use windlass_testkit::suite::Harness;
    use windlass_testkit::time::ClockHarness;

    struct Moved(TestClock);

    impl Harness for Moved {
        fn block_on(&self, work: Pin<Box<dyn Future<Output = ()> + '_>>) {
            self.0.block_on(work);
        }
    }

    impl ClockHarness for Moved {
        fn clock(&self) -> Arc<dyn Clock> {
            Arc::new(self.0.clone())
        }
    }

    mod moved {
        use super::{Moved, TestClock};
        windlass_testkit::clock_suite!(|| Moved(TestClock::new()));
    }

    struct Auto(TestClock);

    impl Harness for Auto {}

    impl ClockHarness for Auto {
        fn clock(&self) -> Arc<dyn Clock> {
            Arc::new(self.0.clone())
        }
    }

    mod auto {
        use super::{Auto, TestClock};
        windlass_testkit::clock_suite!(|| Auto(TestClock::auto()));
    }
}
