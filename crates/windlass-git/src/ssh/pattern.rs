//! Patterns of hosts in `known_hosts`: `*` for any text, `?` for any letter, and `!` before what is not meant.

/// One pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostPattern {
    is_not: bool,
    text: String,
}

impl HostPattern {
    pub(super) fn new(text: &str) -> Self {
        let (is_not, text) = text.strip_prefix('!').map_or((false, text), |text| (true, text));
        Self { is_not, text: text.to_ascii_lowercase() }
    }

    /// Whether one of several patterns means a host, and none that begins with `!` does.
    pub(super) fn any(patterns: &[Self], name: &str) -> bool {
        let fits = |is_not| {
            let ours = patterns.iter().filter(move |pattern| pattern.is_not == is_not);
            ours.map(|pattern| pattern.text.as_str()).any(|text| fits(text.as_bytes(), name.as_bytes()))
        };
        fits(false) && !fits(true)
    }
}

/// Whether a text fits, in steps that grow with the product of both lengths at most.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    // Where the last `*` was, and how much of the text it takes so far.
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(letter) if *letter == b'?' || *letter == text[from] => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    (at, from) = (place + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_hosts_as_openssh_reads_them() {
        for (pattern, name, expected) in [
            ("git.example.org", "git.example.org", true),
            ("Git.Example.ORG", "git.example.org", true),
            ("*.example.org", "git.example.org", true),
            ("*.example.org", "example.org", false),
            ("g?t.example.org", "git.example.org", true),
            ("*", "git.example.org", true),
            ("*.example.org,!test.example.org", "test.example.org", false),
            ("!test.example.org", "git.example.org", false),
            ("[*.example.org]:2222", "[git.example.org]:2222", true),
            ("git.example.org", "[git.example.org]:2222", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-d", false),
        ] {
            let patterns: Vec<_> = pattern.split(',').map(HostPattern::new).collect();
            assert_eq!(HostPattern::any(&patterns, name), expected, "{pattern} {name}");
        }
    }
}
