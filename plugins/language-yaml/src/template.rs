//! Sources that are Go templates of pipelines.

mod exec;
mod functions;
mod lexer;
mod list;
mod parse;
mod strings;
mod value;

/// The first line of a template has these words, usually in a comment.
const MARK: &str = "pocketci: template";

/// Why a template could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateError {
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) message: String,
}

/// Returns whether a source is a template.
pub(crate) fn is_asked_for(source: &str) -> bool {
    source.lines().next().is_some_and(|line| line.contains(MARK))
}

/// Renders a template, with nothing for its dot.
pub(crate) fn render(source: &str) -> Result<String, TemplateError> {
    let parsed = parse::parse(source)?;
    exec::run(&parsed, source)
}

/// Makes an error that stands at a byte of the source.
fn error_at(source: &str, byte: usize, message: impl Into<String>) -> TemplateError {
    let before = source.get(..byte).unwrap_or(source);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    TemplateError { line: number(line), column: number(column), message: message.into() }
}
