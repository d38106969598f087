//! `.helmignore`, with the rules that Helm has and Git has not: the first rule that matches decides, and a rule with `!`
//! leaves out whatever it does not match.

use super::glob::Glob;

/// The rules of a file, and the one that Helm adds: hidden files among the templates are left out.
#[derive(Debug, Clone)]
pub(super) struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
    glob: Glob,
    negated: bool,
    folders_only: bool,
    /// The pattern names a path, not only a name.
    whole_path: bool,
}

const HIDDEN_TEMPLATES: &str = "templates/.?*";

impl Ignore {
    /// Reads rules, one a line.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = text.lines().chain([HIDDEN_TEMPLATES]);
        let rules = lines.filter_map(|line| rule(line.trim()).transpose()).collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    /// Says whether a file or folder is left out.
    pub(super) fn ignores(&self, path: &str, is_folder: bool) -> bool {
        for rule in &self.rules {
            let fits = !rule.folders_only || is_folder;
            let matched = fits && rule.matches(path);
            if matched != rule.negated {
                return true;
            }
        }
        false
    }
}

impl Rule {
    fn matches(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.glob.matches(if self.whole_path { path } else { name })
    }
}

fn rule(line: &str) -> Result<Option<Rule>, String> {
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    if line.contains("**") {
        return Err("double-star (**) syntax is not supported".into());
    }
    let wrong = |_| "syntax error in pattern".to_owned();
    Glob::parse(line).map_err(wrong)?;
    let (negated, rest) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
    let (folders_only, rest) = rest.strip_suffix('/').map_or((false, rest), |rest| (true, rest));
    let (whole_path, rest) = rest.strip_prefix('/').map_or((rest.contains('/'), rest), |rest| (true, rest));
    let glob = Glob::parse(rest).map_err(wrong)?;
    Ok(Some(Rule { glob, negated, folders_only, whole_path }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_out(rules: &str, path: &str) -> bool {
        let (path, folder) = path.strip_suffix('/').map_or((path, false), |path| (path, true));
        Ignore::parse(rules).unwrap().ignores(path, folder)
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        for (rules, path, expected) in [
            ("", "templates/.hidden", true),
            ("", ".hidden", false),
            ("*.md", "docs/a.md", true),
            ("/*.md", "docs/a.md", false),
            ("docs/*.md", "docs/a.md", true),
            ("docs/", "docs", false),
            ("docs/", "docs/", true),
            ("docs/", "a/docs/", true),
            ("!keep.txt", "other.txt", true),
            ("!keep.txt", "keep.txt", false),
            ("!keep/", "keep", true),
            ("# *.md", "a.md", false),
            ("  *.md  ", "a.md", true),
        ] {
            assert_eq!(left_out(rules, path), expected, "{rules:?} of {path}");
        }
    }

    #[test]
    fn two_stars_are_refused() {
        assert_eq!(Ignore::parse("a/**").unwrap_err(), "double-star (**) syntax is not supported");
    }
}
