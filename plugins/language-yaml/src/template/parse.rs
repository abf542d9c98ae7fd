//! Pieces of a template to a tree.

use std::collections::BTreeMap;

use super::lexer::{Piece, Token, pieces};
use super::{TemplateError, error_at};

/// A template and the templates that it defines.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) root: Vec<Item>,
    pub(super) defined: BTreeMap<String, Vec<Item>>,
}

/// A part of a template.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Text(String),
    /// Writes a value.
    Show(Pipeline),
    /// Sets a variable without writing it.
    Set(Pipeline),
    If {
        branches: Vec<(Pipeline, Vec<Self>)>,
        otherwise: Vec<Self>,
    },
    With {
        value: Pipeline,
        body: Vec<Self>,
        otherwise: Vec<Self>,
    },
    Range {
        value: Pipeline,
        body: Vec<Self>,
        otherwise: Vec<Self>,
    },
    Template {
        at: usize,
        name: String,
        value: Option<Pipeline>,
    },
    Break,
    Continue,
}

/// `$a, $b := command | command`.
#[derive(Debug, Clone)]
pub(super) struct Pipeline {
    pub(super) at: usize,
    pub(super) variables: Vec<String>,
    /// Whether the variables are new.
    pub(super) declares: bool,
    pub(super) commands: Vec<Vec<Operand>>,
}

/// A value in a command.
#[derive(Debug, Clone)]
pub(super) struct Operand {
    pub(super) at: usize,
    pub(super) kind: OperandKind,
}

#[derive(Debug, Clone)]
pub(super) enum OperandKind {
    Function(String),
    Field(Vec<String>),
    Variable(String, Vec<String>),
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Nil,
    Inner(Box<Pipeline>, Vec<String>),
}

/// Reads a template.
pub(super) fn parse(source: &str) -> Result<Parsed, TemplateError> {
    let pieces = pieces(source)?;
    let mut parser =
        Parser { source, pieces: pieces.into_iter(), defined: BTreeMap::new(), depth: 0 };
    let (root, end) = parser.items()?;
    if let Some(end) = end {
        return Err(error_at(source, end.at, format!("`{}` has no beginning", end.word)));
    }
    Ok(Parsed { root, defined: parser.defined })
}

struct Parser<'s> {
    source: &'s str,
    pieces: std::vec::IntoIter<Piece>,
    defined: BTreeMap<String, Vec<Item>>,
    depth: usize,
}

/// `end` or `else`, and what follows the word.
struct End {
    at: usize,
    word: String,
    rest: Vec<(Token, usize)>,
}

/// Deeper nesting is refused.
const DEPTH_MAX: usize = 64;

impl Parser<'_> {
    /// Reads items up to an `end` or `else`.
    fn items(&mut self) -> Result<(Vec<Item>, Option<End>), TemplateError> {
        let mut items = Vec::new();
        while let Some(piece) = self.pieces.next() {
            let (at, tokens) = match piece {
                Piece::Text(text) => {
                    items.push(Item::Text(text));
                    continue;
                }
                Piece::Action { at, tokens } => (at, tokens),
            };
            self.depth += 1;
            if self.depth > DEPTH_MAX {
                return Err(error_at(self.source, at, "this is nested too deep"));
            }
            let word = match tokens.first() {
                Some((Token::Word(word), _)) => word.clone(),
                _ => String::new(),
            };
            let rest = || tokens[1..].to_vec();
            match word.as_str() {
                "end" | "else" => {
                    self.depth -= 1;
                    return Ok((items, Some(End { at, word, rest: rest() })));
                }
                "if" => items.push(self.conditional(at, rest())?),
                "with" | "range" => {
                    let value = self.pipeline(at, &rest())?;
                    let (body, otherwise) = self.body(at)?;
                    items.push(if word == "with" {
                        Item::With { value, body, otherwise }
                    } else {
                        Item::Range { value, body, otherwise }
                    });
                }
                "define" | "block" => {
                    let name = self.template_name(at, &tokens)?;
                    let (body, _) = self.body(at)?;
                    self.defined.insert(name.clone(), body);
                    if word == "block" {
                        let value = Some(self.pipeline(at, &tokens[2..])?);
                        items.push(Item::Template { at, name, value });
                    }
                }
                "template" => {
                    let name = self.template_name(at, &tokens)?;
                    let rest = &tokens[2..];
                    let value = if rest.is_empty() { None } else { Some(self.pipeline(at, rest)?) };
                    items.push(Item::Template { at, name, value });
                }
                "break" => items.push(Item::Break),
                "continue" => items.push(Item::Continue),
                _ => {
                    let value = self.pipeline(at, &tokens)?;
                    items.push(if value.variables.is_empty() {
                        Item::Show(value)
                    } else {
                        Item::Set(value)
                    });
                }
            }
            self.depth -= 1;
        }
        Ok((items, None))
    }

    fn conditional(&mut self, at: usize, test: Vec<(Token, usize)>) -> Result<Item, TemplateError> {
        let mut branches = Vec::new();
        let mut test = test;
        loop {
            let value = self.pipeline(at, &test)?;
            let (body, end) = self.items()?;
            branches.push((value, body));
            let Some(end) = end else { return Err(self.unended(at)) };
            match (end.word.as_str(), end.rest.first()) {
                ("end", _) => return Ok(Item::If { branches, otherwise: Vec::new() }),
                (_, Some((Token::Word(word), _))) if word == "if" => test = end.rest[1..].to_vec(),
                _ => {
                    let (otherwise, end) = self.items()?;
                    return match end {
                        Some(end) if end.word == "end" => Ok(Item::If { branches, otherwise }),
                        _ => Err(self.unended(at)),
                    };
                }
            }
        }
    }

    /// Reads a body and what follows its `else`.
    fn body(&mut self, at: usize) -> Result<(Vec<Item>, Vec<Item>), TemplateError> {
        let (body, end) = self.items()?;
        match end {
            Some(end) if end.word == "end" => Ok((body, Vec::new())),
            Some(_) => match self.items()? {
                (otherwise, Some(end)) if end.word == "end" => Ok((body, otherwise)),
                _ => Err(self.unended(at)),
            },
            None => Err(self.unended(at)),
        }
    }

    fn unended(&self, at: usize) -> TemplateError {
        error_at(self.source, at, "this has no end, expected `{{ end }}`")
    }

    fn template_name(&self, at: usize, tokens: &[(Token, usize)]) -> Result<String, TemplateError> {
        match tokens.get(1) {
            Some((Token::Text(name), _)) => Ok(name.clone()),
            _ => Err(error_at(self.source, at, "expected the name of a template, in quotes")),
        }
    }

    /// Reads a pipeline of all these tokens.
    fn pipeline(&self, at: usize, tokens: &[(Token, usize)]) -> Result<Pipeline, TemplateError> {
        let mut tokens = tokens.iter().cloned().peekable();
        let pipeline = self.pipeline_of(at, &mut tokens, 0)?;
        match tokens.next() {
            None => Ok(pipeline),
            Some((_, at)) => Err(error_at(self.source, at, "this `)` has no beginning")),
        }
    }

    fn pipeline_of(
        &self,
        at: usize,
        tokens: &mut std::iter::Peekable<impl Iterator<Item = (Token, usize)> + Clone>,
        depth: usize,
    ) -> Result<Pipeline, TemplateError> {
        if depth > DEPTH_MAX {
            return Err(error_at(self.source, at, "these brackets are nested too deep"));
        }
        let mut pipeline =
            Pipeline { at, variables: Vec::new(), declares: false, commands: vec![Vec::new()] };
        // `$a :=` and `$a, $b :=` look like operands until the sign comes.
        let mut ahead = tokens.clone();
        let mut names = Vec::new();
        while let Some((Token::Variable(name, fields), _)) = ahead.next() {
            names.push(name);
            match ahead.next() {
                Some((Token::Comma, _)) if fields.is_empty() => {}
                Some((sign @ (Token::Declare | Token::Assign), _)) if fields.is_empty() => {
                    pipeline.declares = sign == Token::Declare;
                    pipeline.variables = names;
                    *tokens = ahead;
                    break;
                }
                _ => break,
            }
        }
        while let Some((token, at)) = tokens.peek().cloned() {
            let kind = match token {
                Token::Close(_) => break,
                Token::Pipe => {
                    tokens.next();
                    pipeline.commands.push(Vec::new());
                    continue;
                }
                Token::Open => {
                    tokens.next();
                    let inner = self.pipeline_of(at, tokens, depth + 1)?;
                    let Some((Token::Close(fields), _)) = tokens.next() else {
                        return Err(error_at(self.source, at, "this `(` has no end"));
                    };
                    self.push(&mut pipeline, at, OperandKind::Inner(Box::new(inner), fields));
                    continue;
                }
                Token::Word(word) => match word.as_str() {
                    "true" => OperandKind::Bool(true),
                    "false" => OperandKind::Bool(false),
                    "nil" => OperandKind::Nil,
                    _ => OperandKind::Function(word),
                },
                Token::Field(fields) => OperandKind::Field(fields),
                Token::Variable(name, fields) => OperandKind::Variable(name, fields),
                Token::Text(text) => OperandKind::Text(text),
                Token::Int(number) => OperandKind::Int(number),
                Token::Float(number) => OperandKind::Float(number),
                Token::Declare | Token::Assign | Token::Comma => {
                    return Err(error_at(self.source, at, "expected a value here"));
                }
            };
            tokens.next();
            self.push(&mut pipeline, at, kind);
        }
        if pipeline.commands.iter().any(Vec::is_empty) {
            return Err(error_at(self.source, at, "a command is missing here"));
        }
        Ok(pipeline)
    }

    #[expect(clippy::unused_self, reason = "reads like the other steps of the parser")]
    fn push(&self, pipeline: &mut Pipeline, at: usize, kind: OperandKind) {
        if let Some(command) = pipeline.commands.last_mut() {
            command.push(Operand { at, kind });
        }
    }
}
