//! A README as a program: its `sh` blocks are run, and each line of the `text` block after one must
//! be printed by it, in that order.

use anyhow::{Result, ensure};

/// What is between two blocks in what is printed.
const MARK: &str = "@@ block ";

/// The blocks of a README.
#[derive(Debug, Default)]
pub(crate) struct Readme {
    blocks: Vec<Block>,
}

#[derive(Debug, Default)]
struct Block {
    line: usize,
    script: String,
    printed: Vec<String>,
}

impl Readme {
    pub(crate) fn read(text: &str) -> Result<Self> {
        let mut readme = Self::default();
        let mut open: Option<&str> = None;
        for (index, line) in text.lines().enumerate() {
            match (open, line.strip_prefix("```")) {
                (None, Some(language)) => {
                    open = Some(language);
                    if language == "sh" {
                        readme.blocks.push(Block { line: index + 2, ..Block::default() });
                    }
                }
                (Some(_), Some(_)) => open = None,
                (Some("sh"), None) => {
                    if let Some(block) = readme.blocks.last_mut() {
                        block.script.push_str(line);
                        block.script.push('\n');
                    }
                }
                (Some("text"), None) if !line.trim().is_empty() => {
                    if let Some(block) = readme.blocks.last_mut() {
                        block.printed.push(line.trim().to_owned());
                    }
                }
                _ => {}
            }
        }
        ensure!(!readme.blocks.is_empty(), "it has no block of sh");
        ensure!(
            readme.blocks.iter().any(|block| !block.printed.is_empty()),
            "it does not show what is printed: add a block of text after one of sh"
        );
        Ok(readme)
    }

    /// Returns all blocks as one script, so that what one sets the next has.
    pub(crate) fn script(&self) -> String {
        let mut script = "exec 2>&1\n".to_owned();
        for (number, block) in self.blocks.iter().enumerate() {
            script.push_str(&format!("echo; echo '{MARK}{number}'\n{}", block.script));
        }
        script
    }

    /// Checks that what was printed is what the README shows.
    pub(crate) fn compare(&self, said: &str) -> Result<()> {
        let mut parts = said.split(MARK).skip(1);
        for block in &self.blocks {
            let part = parts.next().unwrap_or_default();
            // The first one is the rest of the mark.
            let mut lines = part.lines().skip(1);
            for wanted in &block.printed {
                ensure!(
                    lines.any(|line| line.contains(wanted.as_str())),
                    "line {}: the block did not print {wanted:?}, but:\n{part}",
                    block.line
                );
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Readme;

    const TEXT: &str = "# Title\n\n```sh\nA=1\n```\n\n```sh\necho $A\n```\n\n```text\n1\n```\n";

    #[test]
    fn blocks_are_one_script_and_what_they_print_is_compared() {
        let readme = Readme::read(TEXT).unwrap();
        let output = std::process::Command::new("sh").args(["-c", &readme.script()]).output();
        let said = String::from_utf8(output.unwrap().stdout).unwrap();
        readme.compare(&said).unwrap();
        let err = readme.compare(&said.replace("\n1\n", "\n2\n")).unwrap_err().to_string();
        assert!(err.contains("line 8: the block did not print \"1\""), "{err}");
    }

    #[test]
    fn a_readme_that_shows_nothing_is_refused() {
        assert!(Readme::read("# Title").is_err());
        assert!(Readme::read("```sh\ntrue\n```").is_err());
    }
}
