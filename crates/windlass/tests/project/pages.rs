//! Pages that show a whole crate: the files of it, and mistakes that its suite catches.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::papers;

/// A page, and the crate that it shows.
pub(crate) struct Page {
    pub(crate) path: PathBuf,
    /// The name of the crate.
    pub(crate) name: String,
    /// Its files, by their names: the first line of each block says them.
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) mistakes: Vec<Mistake>,
}

/// A change of the crate that breaks it, and what is printed then.
pub(crate) struct Mistake {
    /// The changed files.
    pub(crate) files: BTreeMap<String, String>,
    /// What the page says that the tests print.
    pub(crate) printed: Vec<String>,
}

impl Mistake {
    /// Names the laws of which the page says that they break.
    pub(crate) fn laws(&self) -> BTreeSet<&str> {
        let failed = |line: &'_ str| line.strip_prefix("assertion `left == right` failed: ").map(str::len);
        let law = |line: &String| failed(line).map(|length| line.len() - length);
        let laws = self.printed.iter().filter_map(|line| Some(&line[law(line)?..]));
        laws.filter_map(|line| line.split(':').next()).collect()
    }
}

/// Says whether a page shows a whole crate.
pub(crate) fn is_a_crate(markdown: &str) -> bool {
    markdown.contains("\n```toml\n# Cargo.toml\n")
}

/// Gives all pages that do.
pub(crate) fn all() -> Vec<Page> {
    let crates = papers::files("docs", "md").into_iter().filter(|path| is_a_crate(&papers::read(path)));
    crates.map(page).collect()
}

fn page(path: PathBuf) -> Page {
    let blocks = papers::blocks(&papers::read(&path));
    let files: BTreeMap<String, String> =
        blocks.iter().filter_map(|block| Some((file_name(block)?, block.text.clone()))).collect();
    let package = files["Cargo.toml"].lines().find_map(|line| line.strip_prefix("name = "));
    let name = package.expect("a package has a name").trim_matches('"').to_owned();
    let mistakes = blocks.windows(2).filter(|pair| pair[0].words == "diff").map(|pair| Mistake {
        files: changed(&files, &pair[0].text),
        printed: pair[1].text.lines().map(ToOwned::to_owned).collect(),
    });
    Page { mistakes: mistakes.collect(), path, name, files }
}

fn file_name(block: &papers::Block) -> Option<String> {
    let first = block.text.lines().next()?;
    let name = first.strip_prefix("# ").or_else(|| first.strip_prefix("// "))?;
    (name == "Cargo.toml" || name.starts_with("src/") || name.starts_with("tests/")).then(|| name.to_owned())
}

/// Puts a change into the file that its first line names: what is taken out must be there, once.
fn changed(files: &BTreeMap<String, String>, diff: &str) -> BTreeMap<String, String> {
    let (first, diff) = diff.split_once('\n').expect("a diff names its file");
    let name = first.strip_prefix(" // ").expect("the first line of a diff names its file");
    let side = |sign: char| -> String {
        let lines = diff.lines().filter(|line| line.starts_with([' ', sign]));
        lines.map(|line| format!("{}\n", &line[1..])).collect()
    };
    let (before, after) = (side('-'), side('+'));
    assert_eq!(files[name].matches(&before).count(), 1, "{name} has these lines once:\n{before}");
    let mut files = files.clone();
    files.insert(name.to_owned(), files[name].replace(&before, &after));
    files
}

/// Counts lines that are neither empty nor comments.
fn lines_of_code(text: &str) -> usize {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

#[test]
fn each_page_says_how_many_lines_its_part_takes() {
    let mut wrong = Vec::new();
    for page in all() {
        let sources = page.files.iter().filter(|(name, _)| name.starts_with("src/"));
        let count: usize = sources.map(|(_, text)| lines_of_code(text)).sum();
        let text = papers::read(&page.path).replace('\n', " ");
        let claims: Vec<&str> = text.split(" lines of code").collect();
        let [before, _] = claims[..] else {
            panic!("{} says it {} times", page.path.display(), claims.len())
        };
        let said = before.rsplit(' ').next().unwrap_or_default();
        if said != count.to_string() {
            wrong.push(format!("{} says {said} lines of code, and there are {count}", page.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_change_takes_out_and_puts_in_whole_lines() {
    let files = BTreeMap::from([("src/lib.rs".to_owned(), "a\nb\nc\n".to_owned())]);
    let changed = changed(&files, " // src/lib.rs\n a\n-b\n+d\n+e\n");
    assert_eq!(changed["src/lib.rs"], "a\nd\ne\nc\n");
}
