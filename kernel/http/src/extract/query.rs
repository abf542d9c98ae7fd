//! What stands in the query of a request.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;

use crate::code::Code;
use crate::error::ApiError;
use crate::layer::project::PARAM;
use crate::near::nearest;

/// The most items of a page.
pub(crate) const LIMIT_MAX: u32 = 500;
const LIMIT_DEFAULT: u32 = 50;

/// Parameters by name. A handler takes what it knows, and then calls [`Params::finish`].
#[derive(Debug)]
pub(crate) struct Params {
    given: BTreeMap<String, Vec<String>>,
    known: Vec<&'static str>,
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::of(&parts.uri)
    }
}

impl Params {
    pub(crate) fn of(uri: &Uri) -> Result<Self, ApiError> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| ApiError::new(Code::InvalidQuery, "the query cannot be decoded"))?;
        Ok(Self::new(pairs))
    }

    fn new(pairs: Vec<(String, String)>) -> Self {
        let mut given = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in pairs {
            given.entry(name).or_default().push(value);
        }
        Self { given, known: vec![] }
    }

    /// Adds what is given elsewhere than in the query.
    pub(crate) fn add(&mut self, name: String, value: String) {
        self.given.entry(name).or_default().push(value);
    }

    /// Takes a parameter that may be given once. An empty value counts as not given.
    pub(crate) fn one(&mut self, name: &'static str) -> Result<Option<String>, ApiError> {
        self.known.push(name);
        let mut values = self.given.remove(name).unwrap_or_default();
        if values.len() > 1 {
            let detail = format!("`{name}` is given {} times", values.len());
            return Err(ApiError::new(Code::InvalidQuery, detail).hint("give it once"));
        }
        Ok(values.pop().filter(|value| !value.is_empty()))
    }

    /// Takes a parameter that may be given several times, or with commas.
    pub(crate) fn many(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        let values = self.given.remove(name).unwrap_or_default();
        let parts = values.iter().flat_map(|value| value.split(',')).map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// Takes a parameter that may be given several times, whatever is in it.
    pub(crate) fn all(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        let values = self.given.remove(name).unwrap_or_default();
        values.into_iter().filter(|value| !value.is_empty()).collect()
    }

    /// Takes a parameter that can be read from text.
    pub(crate) fn parsed<T: FromStr<Err: fmt::Display>>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, ApiError> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|err| invalid(name, format_args!("{err}")))
    }

    /// Takes a number.
    pub(crate) fn number<T: FromStr>(&mut self, name: &'static str) -> Result<Option<T>, ApiError> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        let number = text.parse().map(Some);
        number.map_err(|_| invalid(name, format_args!("{text:?} is not such a number")))
    }

    /// Takes `true` or `false`.
    pub(crate) fn flag(&mut self, name: &'static str, default: bool) -> Result<bool, ApiError> {
        match self.one(name)?.as_deref() {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(found) => Err(invalid(name, format_args!("{found:?} is not `true` or `false`"))),
        }
    }

    /// Takes the size of a page.
    pub(crate) fn limit(&mut self) -> Result<u32, ApiError> {
        let limit = self.number("limit")?.unwrap_or(LIMIT_DEFAULT);
        if (1..=LIMIT_MAX).contains(&limit) {
            return Ok(limit);
        }
        Err(invalid("limit", format_args!("{limit} is not between 1 and {LIMIT_MAX}")))
    }

    /// Refuses what nobody took.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        // Which project it is about was read before.
        let mut rest = self.given.keys().filter(|name| *name != PARAM);
        let Some(name) = rest.next() else { return Ok(()) };
        let err =
            ApiError::new(Code::InvalidQuery, format_args!("there is no parameter {name:?} here"));
        Err(match (nearest(name, self.known.iter().copied()), self.known.as_slice()) {
            (Some(near), _) => err.near(Some(format_args!("`{near}`"))),
            (None, []) => err.hint("this address takes none"),
            (None, known) => err.hint(format_args!("this address takes: {}", known.join(", "))),
        })
    }
}

/// Returns the refusal of a parameter's value.
pub(crate) fn invalid(name: &str, reason: fmt::Arguments<'_>) -> ApiError {
    ApiError::new(Code::InvalidQuery, format_args!("`{name}`: {reason}"))
}

/// Reads a word of a list; refuses another with the nearest one.
pub(crate) fn word<T>(
    name: &str,
    found: &str,
    parse: impl Fn(&str) -> Option<T>,
    known: &[&str],
) -> Result<T, ApiError> {
    parse(found).ok_or_else(|| {
        let err = invalid(name, format_args!("{found:?} is not one of: {}", known.join(", ")));
        err.near(nearest(found, known.iter().copied()).map(|near| format!("{near:?}")))
    })
}

#[cfg(test)]
mod tests {
    use super::{Params, word};

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params::new(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn an_unknown_parameter_is_refused_with_a_near_one() {
        let mut given = params(&[("statsu", "failed")]);
        assert!(given.many("status").is_empty());
        let err = given.finish().unwrap_err();
        assert_eq!(err.detail, "there is no parameter \"statsu\" here");
        assert_eq!(err.hint.as_deref(), Some("did you mean `status`?"));

        let mut given = params(&[("wrong", "")]);
        given.one("cursor").unwrap();
        assert_eq!(given.finish().unwrap_err().hint.unwrap(), "this address takes: cursor");
        assert_eq!(
            params(&[("x", "1")]).finish().unwrap_err().hint.unwrap(),
            "this address takes none"
        );
    }

    #[test]
    fn lists_come_with_commas_or_repeated() {
        let mut given =
            params(&[("status", "failed, errored"), ("status", ""), ("status", "queued")]);
        assert_eq!(given.many("status"), ["failed", "errored", "queued"]);
        given.finish().unwrap();
    }

    #[test]
    fn values_that_make_no_sense_are_refused() {
        assert!(params(&[("limit", "0")]).limit().is_err());
        assert!(params(&[("limit", "501")]).limit().is_err());
        assert!(params(&[("limit", "-1")]).limit().is_err());
        assert_eq!(params(&[("limit", "500")]).limit().unwrap(), 500);
        assert_eq!(params(&[("limit", "")]).limit().unwrap(), 50);
        assert!(params(&[("follow", "yes")]).flag("follow", true).is_err());
        assert!(params(&[("a", "1"), ("a", "2")]).one("a").is_err());
    }

    #[test]
    fn a_mistyped_word_names_the_near_one() {
        let parse = |text: &str| (text == "failed").then_some(());
        let err = word("status", "faild", parse, &["failed", "queued"]).unwrap_err();
        assert_eq!(err.detail, "`status`: \"faild\" is not one of: failed, queued");
        assert_eq!(err.hint.as_deref(), Some("did you mean \"failed\"?"));
        word("status", "failed", parse, &["failed"]).unwrap();
    }
}
