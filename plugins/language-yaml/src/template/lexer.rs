//! Template text to texts and the tokens of actions.

use super::{TemplateError, error_at};

/// A piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Text(String),
    /// The tokens between `{{` and `}}`, and where each starts.
    Action {
        at: usize,
        tokens: Vec<(Token, usize)>,
    },
}

/// A token of an action.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A keyword, function, `true`, `false` or `nil`.
    Word(String),
    /// `.name.name`, or the dot alone when there are no names.
    Field(Vec<String>),
    /// `$name.field`; the whole context is `$`.
    Variable(String, Vec<String>),
    Text(String),
    Int(i64),
    Float(f64),
    Open,
    /// The end of a bracket, and fields of what was in it.
    Close(Vec<String>),
    Pipe,
    Declare,
    Assign,
    Comma,
}

/// Splits a template, with `{{-` and `-}}` applied and comments left out.
pub(super) fn pieces(source: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut trim_next = false;
    while at < source.len() {
        let rest = &source[at..];
        let open = rest.find("{{").unwrap_or(rest.len());
        let mut text = &rest[..open];
        if trim_next {
            text = text.trim_start();
        }
        let mut inside = at + open + 2;
        let trims = source
            .get(inside..)
            .is_some_and(|s| s.starts_with('-') && s[1..].starts_with(|c: char| c.is_whitespace()));
        if trims {
            text = text.trim_end();
            inside += 1;
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text.to_owned()));
        }
        if open == rest.len() {
            break;
        }
        let start = at + open;
        let body = source[inside..].trim_start();
        if body.starts_with("/*") {
            let end = body.find("*/").map(|end| &body[end + 2..]);
            let after = end.map(str::trim_start).unwrap_or_default();
            trim_next = after.starts_with("-}}");
            let Some(after) = after.strip_prefix("-}}").or_else(|| after.strip_prefix("}}")) else {
                return Err(error_at(source, start, "this comment has no end, expected `*/}}`"));
            };
            at = source.len() - after.len();
            continue;
        }
        let mut lexer = Lexer { source, at: inside, tokens: Vec::new() };
        trim_next = lexer.action(start)?;
        at = lexer.at;
        pieces.push(Piece::Action { at: start, tokens: lexer.tokens });
    }
    Ok(pieces)
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
    tokens: Vec<(Token, usize)>,
}

impl Lexer<'_> {
    /// Reads up to and with the end of an action; true if it trims what follows.
    fn action(&mut self, start: usize) -> Result<bool, TemplateError> {
        loop {
            let rest = &self.source[self.at..];
            let blank = rest.len() - rest.trim_start().len();
            self.at += blank;
            let rest = &self.source[self.at..];
            if blank > 0 && rest.starts_with("-}}") {
                self.at += 3;
                return Ok(true);
            }
            if rest.starts_with("}}") {
                self.at += 2;
                return Ok(false);
            }
            let Some(first) = rest.chars().next() else {
                return Err(error_at(self.source, start, "this action has no end, expected `}}`"));
            };
            let from = self.at;
            let token = self.token(first)?;
            self.tokens.push((token, from));
        }
    }

    fn token(&mut self, first: char) -> Result<Token, TemplateError> {
        let rest = &self.source[self.at..];
        let simple = [
            (":=", Token::Declare),
            ("=", Token::Assign),
            ("|", Token::Pipe),
            ("(", Token::Open),
            (",", Token::Comma),
        ];
        if let Some((text, token)) = simple.into_iter().find(|(text, _)| rest.starts_with(text)) {
            self.at += text.len();
            return Ok(token);
        }
        match first {
            ')' => {
                self.at += 1;
                Ok(Token::Close(self.fields()))
            }
            '"' | '`' => self.quoted(first),
            '$' => {
                self.at += 1;
                let name = self.name();
                Ok(Token::Variable(name, self.fields()))
            }
            '.' if !rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                let fields = self.fields();
                if fields.is_empty() {
                    self.at += 1;
                }
                Ok(Token::Field(fields))
            }
            c if c.is_ascii_digit() || matches!(c, '-' | '+' | '.') => self.number(),
            c if c.is_alphabetic() || c == '_' => Ok(Token::Word(self.name())),
            c => Err(error_at(self.source, self.at, format!("{c:?} means nothing in an action"))),
        }
    }

    fn name(&mut self) -> String {
        let rest = &self.source[self.at..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        self.at += end;
        rest[..end].to_owned()
    }

    /// Reads `.a.b`.
    fn fields(&mut self) -> Vec<String> {
        let mut fields = Vec::new();
        while self.source[self.at..].starts_with('.') {
            self.at += 1;
            let name = self.name();
            if name.is_empty() {
                self.at -= 1;
                break;
            }
            fields.push(name);
        }
        fields
    }

    fn number(&mut self) -> Result<Token, TemplateError> {
        let rest = &self.source[self.at..];
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '+' | '.' | '_'))
            .unwrap_or(rest.len());
        let text = &rest[..end];
        let plain = text.replace('_', "");
        let token = match (plain.parse(), plain.strip_prefix("0x"), plain.parse()) {
            (Ok(number), _, _) => Some(Token::Int(number)),
            (_, Some(hex), _) => i64::from_str_radix(hex, 16).ok().map(Token::Int),
            (_, _, Ok(number)) => Some(Token::Float(number)),
            _ => None,
        };
        let error = || error_at(self.source, self.at, format!("{text:?} is no number"));
        let token = token.ok_or_else(error)?;
        self.at += end;
        Ok(token)
    }

    fn quoted(&mut self, quote: char) -> Result<Token, TemplateError> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.source[start + 1..].char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.at = start + 1 + at + 1;
                    return Ok(Token::Text(text));
                }
                '\\' if quote == '"' => match chars.next().map(|(_, c)| c) {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(c) => text.push(c),
                    None => break,
                },
                c => text.push(c),
            }
        }
        Err(error_at(self.source, start, format!("this text has no end, expected {quote}")))
    }
}
