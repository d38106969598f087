//! The words of the help, reviewed like code.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use support::World;

fn help(of: &str) -> String {
    let said = World::new().good(&format!("help {of}"));
    assert_eq!(said.stderr, "", "help is a result");
    said.stdout
}

#[test]
fn the_help_of_the_whole() {
    insta::assert_snapshot!(help(""));
}

#[test]
fn the_help_of_each_command_has_an_example() {
    for command in ["render", "plan", "apply", "run", "status", "delete", "validate", "completions", "schema"]
    {
        let said = help(command);
        assert!(said.contains(&format!("Example:\n  windlass {command}")), "{command}\n{said}");
        insta::assert_snapshot!(command, said);
    }
}

#[test]
fn the_help_of_other_tools_says_what_is_taken() {
    for (name, command) in [
        ("kustomize_build", "kustomize build"),
        ("helm_template", "helm template"),
        ("push_artifact", "push artifact"),
    ] {
        let said = help(command);
        assert!(said.contains(&format!("Example:\n  windlass {command}")), "{command}\n{said}");
        insta::assert_snapshot!(name, said);
    }
}

#[test]
fn help_by_flag_and_by_command_are_the_same() {
    assert_eq!(World::new().good("plan --help").stdout, help("plan"));
    assert_eq!(World::new().good("plan -h").stdout, help("plan"));
}

#[test]
fn the_version_is_that_of_the_crate() {
    let said = World::new().good("--version");
    assert_eq!(said.stdout, format!("windlass {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn each_shell_has_completions_that_know_the_commands_and_the_flags() {
    for shell in ["bash", "zsh", "fish"] {
        let script = World::new().good(&format!("completions {shell}")).stdout;
        for word in ["validate", "source-git-branch", "prune-allow-empty"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
}
