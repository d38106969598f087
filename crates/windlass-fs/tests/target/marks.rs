//! Marks whose files are gone, and the lists of what units have.

use windlass_core::{Delta, Digest, ObjectId, Owned};

use super::*;

const NAME: &str = "ConfigMap/shop/web";
const THEIRS: &str = "# mine\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n";

fn save(place: &Place, version: Option<&Version>, delta: &Delta) -> Result<Version> {
    let state = place.target.profile().state.unwrap();
    block_on(state.save(&context(), &unit("web"), version, delta))
}

fn owning(id: ObjectId) -> Delta {
    let wanted = Digest::of(b"a");
    let owned = Owned {
        api_version: "v1".into(),
        rank: 1,
        wanted,
        stamp: None,
        uid: None,
        keep: false,
        transient: false,
        contest: None,
    };
    let mut delta = Delta::default();
    delta.put.insert(id, owned);
    delta
}

fn orphans(place: &Place) -> Vec<String> {
    place.observe(&[]).orphans.iter().map(|live| live.id.to_string()).collect()
}

impl Place {
    /// Another process on the same folder, after the end of this one.
    fn reopened(self) -> Self {
        let Self { folder, target } = self;
        drop(target);
        Self { target: DirTarget::open(folder.path()).unwrap(), folder }
    }
}

#[track_caller]
fn check_nobodys(place: &Place) {
    assert!(!place.path(MARK).exists() && !place.path(LIST).exists());
    place.put(WEB, THEIRS);
    assert_eq!(place.live(NAME).owner, None, "a file of somebody else is not ours");
    assert!(orphans(place).is_empty());
}

#[test]
fn what_was_deleted_by_hand_has_no_mark_once_its_unit_forgets_it() {
    let place = Place::with_web();
    let version = save(&place, None, &owning(id(NAME))).unwrap();
    fs::remove_file(place.path(WEB)).unwrap();
    let mut delta = Delta::default();
    delta.drop.push(id(NAME));
    save(&place, Some(&version), &delta).unwrap();
    check_nobodys(&place);
}

#[test]
fn what_was_deleted_by_hand_has_no_mark_once_its_unit_is_forgotten() {
    let place = Place::with_web();
    let version = save(&place, None, &owning(id(NAME))).unwrap();
    fs::remove_file(place.path(WEB)).unwrap();
    let mut delta = Delta::default();
    delta.forget = true;
    save(&place, Some(&version), &delta).unwrap();
    check_nobodys(&place);
}

#[test]
fn what_is_forgotten_and_still_there_keeps_its_mark() {
    let place = Place::with_web();
    let mut delta = Delta::default();
    delta.drop.push(id(NAME));
    save(&place, None, &delta).unwrap();
    assert_eq!(place.live(NAME).owner, Some(Owner::of(&unit("web"))));
}

#[test]
fn a_mark_that_a_crash_has_left_goes_when_the_lock_is_taken() {
    let place = Place::with_web();
    fs::remove_file(place.path(WEB)).unwrap();
    let place = place.reopened();
    place.write(&owned_by(apply(&config_map("shop", "dns", "a")), "dns")).unwrap();
    check_nobodys(&place);
}

#[cfg(unix)]
#[test]
fn a_mark_whose_file_cannot_be_looked_at_stays() {
    let place = Place::with_web();
    fs::rename(place.path("shop"), place.path("moved")).unwrap();
    std::os::unix::fs::symlink("moved", place.path("shop")).unwrap();
    let place = place.reopened();
    place.write(&apply(&config_map("", "dns", "a"))).unwrap();
    assert!(place.path(MARK).exists(), "what cannot be seen is not absent");
}

#[test]
fn looking_for_what_a_unit_has_goes_by_its_own_list() {
    let place = Place::with_web();
    place.write(&owned_by(apply(&config_map("other", "dns", "a")), "dns")).unwrap();
    // Reading through all marks would meet this one.
    fs::remove_dir_all(place.path(".windlass/marks/other")).unwrap();
    place.put(".windlass/marks/other/ConfigMap/dns.json", "{\"owner\":\"web\",\"write\":\"1.2\"}");
    assert_eq!(orphans(&place), [NAME]);
}

#[test]
fn an_object_that_changes_hands_changes_lists() {
    let place = Place::with_web();
    place.write(&owned_by(apply(&web("a")), "dns")).unwrap();
    assert!(orphans(&place).is_empty());
    let list = LIST.replace("/web/shop/", "/dns/shop/");
    assert_eq!(place.files(), [MARK, list.as_str(), WEB]);
}

#[test]
fn a_list_that_was_lost_is_made_anew_when_the_lock_is_taken() {
    let place = Place::with_web();
    fs::remove_dir_all(place.path(".windlass/units")).unwrap();
    place.put(&LIST.replace("web.mark", "never.mark"), "");
    let place = place.reopened();
    place.write(&owned_by(apply(&config_map("", "dns", "a")), "dns")).unwrap();
    assert_eq!(orphans(&place), [NAME]);
    assert!(!place.path(&LIST.replace("web.mark", "never.mark")).exists(), "what has no mark is not listed");
}

#[test]
fn a_mark_that_stands_in_the_list_of_an_earlier_owner_is_listed_anew() {
    let place = Place::with_web();
    let theirs = LIST.replace("units/web", "units/dns");
    fs::remove_file(place.path(LIST)).unwrap();
    place.put(&theirs, "");
    let place = place.reopened();
    place.write(&owned_by(apply(&config_map("", "dns", "a")), "dns")).unwrap();
    assert_eq!(orphans(&place), [NAME]);
    assert!(!place.path(&theirs).exists(), "the list of a unit names what has its mark");
}

#[test]
fn a_mark_needs_an_owner_that_has_a_folder() {
    let place = Place::new();
    for named in [String::new(), "a".repeat(300)] {
        let mut write = apply(&web("a"));
        if let Write::Apply { owner, .. } = &mut write {
            *owner = Owner::Other(named.as_str().into());
        }
        assert_eq!(place.write(&write).unwrap_err().kind(), ErrorKind::Invalid);
        assert!(place.files().is_empty());
    }
}
