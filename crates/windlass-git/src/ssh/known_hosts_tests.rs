#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

use super::*;

// Made, hashed and named by the `ssh-keygen` of OpenSSH 9.2p1.
const ED25519: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILeffgyzUjfwnooYDvXtzVS92YeRKHjVqRThXIeqWoKb";
const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBD1emdSJAzutyd3JfSn8ymGGnHPbznC7Jyk/lrEDNE5e7+L+rWT2Lnf2s48bfnsJjZEEj/SZnN68G4pYG1Ntvjs=";
const HASHED: &str = "|1|egAEil4EdSYqPNLfLO3AmtqNusE=|C7zFht9IEryLoXSNjv5M873/jxs=";
const HASHED_2222: &str = "|1|RletnWcYzbwPxaU3TeAg0yxk2tQ=|vfnvdzChvwqQDVb/MP3wUylKp6w=";
const ED25519_IS: &str = "ssh-ed25519 SHA256:xX8NUBXLOR/opF447XCKVedwhiWIHrfesK1vEjRg1Bw";
const ECDSA_IS: &str = "ecdsa-sha2-nistp256 SHA256:W4+viYbY5DUGO38/LpEcYxHl394uP7vHJXDy7jEUQd4";

fn key(text: &str) -> HostKey {
    let (kind, key) = text.split_once(' ').unwrap();
    HostKey::read(kind, key).unwrap()
}

/// Says what becomes of a host that shows a key.
fn check(known: &str, host: &str, port: u16, shown: &str, expected: &str) {
    let known = KnownHosts::parse(known).unwrap();
    let found = match known.check(host, port, &key(shown)) {
        Ok(()) => "known".to_owned(),
        Err(cause) => {
            let error = Error::from(cause);
            assert!(error.help().is_some());
            format!("{}: {error}", error.kind().name())
        }
    };
    assert_eq!(found, expected);
}

#[test]
fn a_host_is_known_by_its_name_its_port_and_its_key() {
    let both =
        format!("# mine\n\ngit.example.org,10.0.0.1 {ED25519} a comment\n[git.example.org]:2222 {ECDSA}\n");
    check(&both, "git.example.org", 22, ED25519, "known");
    check(&both, "GIT.example.org", 22, ED25519, "known");
    check(&both, "10.0.0.1", 22, ED25519, "known");
    check(&both, "git.example.org", 2222, ECDSA, "known");
    let unknown = format!("denied: the host is not known (host=[git.example.org]:22022, shown={ED25519_IS})");
    check(&both, "git.example.org", 22022, ED25519, &unknown);
    let unknown = format!("denied: the host is not known (host=example.org, shown={ED25519_IS})");
    check(&both, "example.org", 22, ED25519, &unknown);
}

#[test]
fn hashed_names_are_known_as_openssh_hashes_them() {
    let hashed = format!("{HASHED} {ED25519}\n{HASHED_2222} {ECDSA}\n");
    check(&hashed, "git.example.org", 22, ED25519, "known");
    check(&hashed, "git.example.org", 2222, ECDSA, "known");
    let unknown = format!("denied: the host is not known (host=other.example.org, shown={ED25519_IS})");
    check(&hashed, "other.example.org", 22, ED25519, &unknown);
}

#[test]
fn one_of_several_keys_is_enough_and_another_one_is_a_changed_key() {
    let two = format!("a {ED25519}\na {ECDSA}\n");
    check(&two, "a", 22, ECDSA, "known");
    let changed = format!("denied: the key of the host is not the known one (host=a, shown={ECDSA_IS})");
    check(&format!("a {ED25519}"), "a", 22, ECDSA, &changed);
    let known = KnownHosts::parse(&format!("\na {ED25519}")).unwrap();
    let cause = known.check("a", 22, &key(ECDSA)).unwrap_err();
    let expected = HostKeyError::Changed {
        host: "a".to_owned(),
        shown: ECDSA_IS.to_owned(),
        known: vec![format!("{ED25519_IS} in line 2")],
    };
    assert_eq!(cause, expected);
}

#[test]
fn the_error_of_an_unknown_host_says_the_line_that_would_make_it_known() {
    let known = KnownHosts::parse(&format!("b {ECDSA}")).unwrap();
    let error = Error::from(known.check("a", 2222, &key(ED25519)).unwrap_err());
    let line = format!("[a]:2222 {ED25519}");
    assert!(error.help().unwrap().ends_with(&line), "{error:?}");
    check(&line, "a", 2222, ED25519, "known");
}

#[test]
fn revoked_keys_and_authorities_are_refused() {
    let revoked = format!("a {ED25519}\n@revoked * {ED25519}\n");
    let expected = format!("denied: the key of the host is revoked (host=a, shown={ED25519_IS})");
    check(&revoked, "a", 22, ED25519, &expected);
    let elsewhere = format!("a {ED25519}\n@revoked b {ED25519}\n");
    check(&elsewhere, "a", 22, ED25519, "known");
    let authority = format!("@cert-authority *.example.org {ECDSA}\n");
    let expected = format!(
        "unsupported: certificates of hosts are not understood (host=git.example.org, shown={ED25519_IS})"
    );
    check(&authority, "git.example.org", 22, ED25519, &expected);
    let beside = format!("{authority}git.example.org {ED25519}\n");
    check(&beside, "git.example.org", 22, ED25519, "known");
}

#[test]
fn all_lines_that_are_none_are_told_by_their_numbers() {
    let text = format!("a {ED25519}\nb ssh-ed25519\nc ssh-rsa AAAA\n@other d {ED25519}\n|1|x {ED25519}\n");
    let error = KnownHosts::parse(&text).unwrap_err();
    let shown: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "not a line of known hosts: it is too short (line=2)",
            "not a line of known hosts: the key is not of the kind that the line says (line=3)",
            "not a line of known hosts: a mark that is neither @revoked nor @cert-authority (line=4)",
            "not a line of known hosts: a hashed host has no hash (line=5)",
        ]
    );
}

#[test]
fn the_kinds_that_a_host_is_known_by_are_those_of_its_lines() {
    let text = format!("a {ED25519}\na {ECDSA}\nb {ECDSA}\n@revoked a {ECDSA}\n");
    let known = KnownHosts::parse(&text).unwrap();
    assert_eq!(known.kinds("a", 22), ["ssh-ed25519", "ecdsa-sha2-nistp256"]);
    assert_eq!(known.kinds("b", 22), ["ecdsa-sha2-nistp256"]);
    assert_eq!(known.kinds("c", 22), [""; 0]);
    assert_eq!(format!("{known:?}"), "KnownHosts(4 keys)");
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "([!*?a-z0-9.,:|@# \\[\\]=+/]{0,60}\n?){0,5}", host in "[a-zA-Z0-9.:-]{0,12}", port: u16) {
        if let Ok(known) = KnownHosts::parse(&text) {
            let _ = known.check(&host, port, &key(ED25519));
        }
    }

    #[test]
    fn the_line_of_an_unknown_host_makes_it_known(host in "[a-zA-Z0-9.-]{1,12}", port in 1u16.., shown in proptest::sample::select(&[ED25519, ECDSA])) {
        let none = KnownHosts::parse("").unwrap();
        let unknown = none.check(&host, port, &key(shown)).unwrap_err();
        let HostKeyError::Unknown { line, .. } = unknown else { panic!("{unknown:?}") };
        let known = KnownHosts::parse(&line).unwrap();
        assert_eq!(known.check(&host, port, &key(shown)), Ok(()));
    }
}
