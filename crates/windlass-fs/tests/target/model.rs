//! A folder against a map.

use super::*;

use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Apply(u8, u8, u8),
    Delete(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..3_u8, 0..3_u8, 0..2_u8).prop_map(|(name, content, owner)| Step::Apply(name, content, owner)),
        1 => (0..3_u8).prop_map(Step::Delete),
    ];
    prop::collection::vec(step, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_folder_holds_what_was_last_written(steps in steps()) {
        let place = Place::new();
        let mut model: BTreeMap<u8, (u8, u8)> = BTreeMap::new();
        let name = |at: u8| ["a", "B", "c.d"][usize::from(at)];
        let owner = |at: u8| ["web", "dns"][usize::from(at)];
        for step in steps {
            match step {
                Step::Apply(at, content, by) => {
                    let write = owned_by(apply(&config_map("", name(at), &content.to_string())), owner(by));
                    let written = place.write(&write).unwrap();
                    let before = model.insert(at, (content, by));
                    let told = matches!((before, &written), (None, Written::Created(_)) | (Some(_), Written::Changed(_) | Written::Unchanged(_)));
                    prop_assert!(told, "{before:?} {written:?}");
                    prop_assert_eq!(matches!(written, Written::Unchanged(_)), before == Some((content, by)));
                }
                Step::Delete(at) => {
                    place.write(&delete(&format!("ConfigMap//{}", name(at)))).unwrap();
                    model.remove(&at);
                }
            }
        }
        for at in 0..3 {
            let observation = place.observation(&format!("ConfigMap//{}", name(at)));
            let expected = model.get(&at).map(|(content, by)| (config_map("", name(at), &content.to_string()), Owner::of(&unit(owner(*by)))));
            prop_assert_eq!(observation.live().map(|live| (live.body.clone().unwrap(), live.owner.clone().unwrap())), expected);
        }
        prop_assert_eq!(place.files().len(), model.len() * 3, "a file, a mark and a line in one list for each");
    }
}
