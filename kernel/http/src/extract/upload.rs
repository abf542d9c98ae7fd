//! A file that is sent, with what is said beside it: in a form, or as the body itself, with what is
//! said in the query. A query is part of the head, which is small; a form may say much.

use axum::body::to_bytes;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use bytes::{Bytes, BytesMut};

use super::query::{Params, invalid};
use crate::api::BodyLimits;
use crate::code::Code;
use crate::error::ApiError;

/// Larger files are refused: no plugin is as large.
pub(crate) const FILE_BYTES_MAX: usize = 256 << 20;
/// What a field counts besides its name and its value, so that empty ones are bounded, too.
const FIELD_BYTES: usize = 64;

/// What is expected of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Its field in a form.
    pub(crate) field: &'static str,
    pub(crate) media_type: &'static str,
    /// For messages, such as `a component`.
    pub(crate) what: &'static str,
}

/// What has arrived.
#[derive(Debug)]
pub(crate) struct Sent {
    /// Of the query and of the form.
    pub(crate) params: Params,
    /// None: there is none.
    pub(crate) file: Option<Bytes>,
}

impl Wanted {
    /// Reads a request whole.
    pub(crate) async fn receive(self, request: Request) -> Result<Sent, ApiError> {
        let mut params = Params::of(request.uri())?;
        let file = match media_type(request.headers()).as_str() {
            // Browsers let any site send this without asking first; `Origin` tells on them.
            "multipart/form-data" => self.form(request, &mut params).await?,
            media_type => self.body(request, media_type).await?,
        };
        Ok(Sent { params, file })
    }

    async fn form(
        self,
        mut request: Request,
        params: &mut Params,
    ) -> Result<Option<Bytes>, ApiError> {
        let limits = request.extensions().get::<BodyLimits>().copied().unwrap_or_default();
        DefaultBodyLimit::max(FILE_BYTES_MAX + 2 * limits.bytes_max).apply(&mut request);
        let form = Multipart::from_request(request, &()).await;
        let mut form = form.map_err(|err| {
            ApiError::new(Code::BodyUnreadable, err.body_text())
                .hint("say the boundary of the form in its Content-Type")
        })?;
        let (mut file, mut left) = (None, limits.bytes_max);
        while let Some(field) = form.next_field().await.map_err(|err| self.broken(&err))? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == self.field {
                if file.is_some() {
                    return Err(invalid(self.field, format_args!("it is sent twice")));
                }
                let bytes = self.read(field, FILE_BYTES_MAX).await?;
                file = Some(bytes.ok_or_else(|| self.too_large())?);
                continue;
            }
            let too_much = || {
                let (max, what) = (limits.bytes_max, self.what);
                let detail = format!("what is said beside {what} is larger than {max} bytes");
                ApiError::new(Code::BodyTooLarge, detail).hint(
                    "say less; the operator may raise limits.body_max, which bounds bodies of \
                     JSON as well",
                )
            };
            left = left.checked_sub(name.len() + FIELD_BYTES).ok_or_else(too_much)?;
            let value = self.read(field, left).await?.ok_or_else(too_much)?;
            left -= value.len();
            let text = String::from_utf8(value.into());
            let text = text.map_err(|_| invalid(&name, format_args!("it is no text in UTF-8")))?;
            params.add(name, text);
        }
        match file {
            Some(file) if file.is_empty() => Err(self.nothing()),
            file => Ok(file),
        }
    }

    /// Reads a field. None: it is larger than `max`.
    async fn read(self, mut field: Field<'_>, max: usize) -> Result<Option<Bytes>, ApiError> {
        let mut bytes = BytesMut::new();
        while let Some(piece) = field.chunk().await.map_err(|err| self.broken(&err))? {
            if bytes.len() + piece.len() > max {
                return Ok(None);
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(Some(bytes.freeze()))
    }

    async fn body(self, request: Request, media_type: &str) -> Result<Option<Bytes>, ApiError> {
        let bytes = to_bytes(request.into_body(), FILE_BYTES_MAX).await;
        let bytes = bytes.map_err(|_| {
            let detail = format!("the body broke off, or is larger than {FILE_BYTES_MAX} bytes");
            ApiError::new(Code::BodyTooLarge, detail)
                .hint(format_args!("send {}, and all of it", self.what))
        })?;
        if bytes.is_empty() {
            // A file that turned out empty is not the same as no file.
            return if media_type.is_empty() { Ok(None) } else { Err(self.nothing()) };
        }
        // Required because browsers let any site send other types without asking first.
        if media_type != self.media_type {
            let detail = format!("the body is said to be {media_type:?}");
            return Err(ApiError::new(Code::MediaType, detail).hint(self.how()));
        }
        Ok(Some(bytes))
    }

    /// Refuses a request without a file.
    pub(crate) fn nothing(self) -> ApiError {
        let detail = format!("there is no {} in the body", self.field);
        ApiError::new(Code::BodyUnreadable, detail).hint(self.how())
    }

    fn how(self) -> String {
        let Self { field, media_type, what } = self;
        format!("send {what} as `{media_type}`, or as the field `{field}` of a form")
    }

    fn too_large(self) -> ApiError {
        let detail = format!("`{}` is larger than {FILE_BYTES_MAX} bytes", self.field);
        ApiError::new(Code::BodyTooLarge, detail)
            .hint(format_args!("{} is smaller; is this the right file?", self.what))
    }

    fn broken(self, err: &MultipartError) -> ApiError {
        if err.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return self.too_large();
        }
        let detail = format!("the form did not arrive as a whole: {}", err.body_text());
        ApiError::new(Code::BodyUnreadable, detail).hint("repeat the request")
    }
}

/// Returns the media type of a body, without its parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let found = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    found.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
