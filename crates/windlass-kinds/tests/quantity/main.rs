//! Quantities as Go's Kubernetes tools read and write them: recorded answers, see `record.go`.

use windlass_kinds::quantity::Quantity;

#[test]
fn the_canonical_spelling_is_the_recorded_one() {
    let (mut wrong, mut rows) = (Vec::new(), 0);
    for line in include_str!("recorded.txt").lines() {
        let (text, expected) = line.split_once(' ').unwrap_or_else(|| panic!("two words: {line}"));
        let found = text.parse::<Quantity>().map_or_else(|_| "!".to_owned(), |found| found.to_string());
        rows += 1;
        if found != expected {
            wrong.push(format!("{text}: wanted {expected}, found {found}"));
        }
    }
    assert!(rows >= 1000, "{rows} rows");
    assert!(wrong.is_empty(), "{} of {rows} differ\n{}", wrong.len(), wrong.join("\n"));
}
