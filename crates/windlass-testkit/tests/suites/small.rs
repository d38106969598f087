//! The suites of the small traits hold for right implementations, and catch each saboteur by the one law it breaks.

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
                for law in LAWS {
                    let found = check_all(|| Stage::breaking(law.name));
                    assert_eq!(found.broken(), [law.name], "what breaks {}:\n{found}", law.name);
                }
            }
        }
    };
}

caught!(order, order_suite);
caught!(dialect, dialect_suite);
caught!(health, health_suite);
caught!(time, clock_suite);
caught!(fence, fence_suite);
