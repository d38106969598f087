//! What stands in the way of a change that the server refuses as not valid, by the fields that it names.

use windlass_core::{Text, Value};

use super::fields::Fields;
use super::settle::{Claims, Settlement, all_of};

/// How often what is looked at around a field that the server names is widened.
const WIDENINGS_MAX: usize = 4;

/// What is claimed of an object until the server takes it.
#[derive(Debug)]
pub(crate) struct Widening {
    level: usize,
}

impl Widening {
    pub(crate) const fn new() -> Self {
        Self { level: 0 }
    }

    /// Claims what nobody holds or what is ours around the fields that are refused, wider each time until that is anything:
    /// the field, what it is in, and what that is in. Whatever of it the server itself fills in, it fills in again. Gives
    /// `false` where there is nothing more to claim.
    pub(crate) fn widen(
        &mut self,
        refused: &[String],
        body: &Value,
        wanted: &Fields,
        settlement: &Settlement,
        claims: &mut Claims,
    ) -> bool {
        let all = all_of(body);
        while self.level < WIDENINGS_MAX {
            let level = self.level;
            self.level += 1;
            let near = refused.iter().filter_map(|field| around(field, level));
            let near = near.fold(Fields::default(), |near, path| near.union(&all.at(&path)));
            let free = settlement.held(&near).into_iter().fold(near, |free, (_, held)| free.without(&held));
            let drop = claims.drop.clone().union(&free.leaving(wanted));
            if drop != claims.drop {
                claims.drop = drop;
                return true;
            }
        }
        false
    }
}

/// Gives what hangs below a parent that was ours and is not wanted any more, where the server names something in it:
/// whoever holds it holds a part of what is gone.
pub(crate) fn left(refused: &[String], body: &Value, wanted: &Fields, settlement: &Settlement) -> Fields {
    let all = all_of(body);
    let mut left = Fields::default();
    for field in refused {
        let path = steps(field);
        let gone = (2..=path.len()).find(|depth| {
            let parent = &path[..*depth];
            wanted.at(parent).is_empty() && !settlement.ours().at(parent).is_empty()
        });
        if let Some(depth) = gone {
            left = left.union(&all.at(&path[..depth]));
        }
    }
    left
}

/// Gives the path of a field, less its last `level` steps. The object as a whole and its metadata are no answer.
fn around(field: &str, level: usize) -> Option<Vec<Text>> {
    let mut path = steps(field);
    let depth = path.len().checked_sub(level).filter(|depth| *depth > 0)?;
    path.truncate(depth);
    (path.first().map(Text::as_str) != Some("metadata")).then_some(path)
}

/// Reads a path as validation writes it, `spec.containers[0].ports`, without places in lists.
pub(crate) fn steps(field: &str) -> Vec<Text> {
    let (mut steps, mut rest) = (Vec::new(), field);
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (name, after) = inner.split_once(']').unwrap_or((inner, ""));
            if !name.is_empty() && name.parse::<usize>().is_err() {
                steps.push(Text::from(name));
            }
            rest = after;
            continue;
        }
        let plain = rest.trim_start_matches('.');
        let end = plain.find(['.', '[']).unwrap_or(plain.len());
        if end > 0 {
            steps.push(Text::from(&plain[..end]));
        }
        rest = &plain[end..];
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_validation_is_read_without_places_in_lists() {
        let read = |field| steps(field).join(" ");
        assert_eq!(read("spec.template.spec.volumes[0].emptyDir"), "spec template spec volumes emptyDir");
        assert_eq!(read("data[a.b/c]"), "data a.b/c");
        assert_eq!(
            (read(""), read("[0]"), read(".a..b["), read("<nil>")),
            (String::new(), String::new(), "a b".into(), "<nil>".into())
        );
    }

    #[test]
    fn the_object_as_a_whole_is_never_claimed() {
        assert_eq!(around("spec.strategy.rollingUpdate", 1).unwrap_or_default().join("."), "spec.strategy");
        assert_eq!(around("spec", 1), None);
        assert_eq!(around("metadata.labels", 0), None);
    }
}
