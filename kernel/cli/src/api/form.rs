//! A form with texts and a file (RFC 7578), as a body.

use std::hash::{BuildHasher as _, RandomState};

use bytes::Bytes;

/// A form that grows field by field.
pub(super) struct Form {
    /// What no field has in it.
    boundary: String,
    body: Vec<u8>,
}

impl Form {
    pub(super) fn new() -> Self {
        // 128 bits by chance: nobody can put them into a file beforehand.
        let chance = || RandomState::new().hash_one(0_u8);
        let boundary = format!("tenon-{:016x}{:016x}", chance(), chance());
        Self { boundary, body: Vec::new() }
    }

    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.field(&format!("name=\"{name}\""), value.as_bytes());
    }

    pub(super) fn file(&mut self, name: &str, media_type: &str, bytes: &[u8]) {
        let head = format!("name=\"{name}\"; filename=\"{name}\"\r\nContent-Type: {media_type}");
        self.field(&head, bytes);
    }

    /// Returns the media type and the body.
    pub(super) fn finish(mut self) -> (String, Bytes) {
        self.body.extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        (format!("multipart/form-data; boundary={}", self.boundary), self.body.into())
    }

    fn field(&mut self, head: &str, value: &[u8]) {
        let head = format!("--{}\r\nContent-Disposition: form-data; {head}\r\n\r\n", self.boundary);
        self.body.reserve(head.len() + value.len() + 2);
        self.body.extend_from_slice(head.as_bytes());
        self.body.extend_from_slice(value);
        self.body.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn a_form_has_its_fields_between_boundaries() {
        let mut form = Form::new();
        form.text("grant", "kv");
        form.file("component", "application/wasm", b"\0asm");
        let boundary = form.boundary.clone();
        let (media_type, body) = form.finish();
        assert_eq!(media_type, format!("multipart/form-data; boundary={boundary}"));
        let body = String::from_utf8(body.to_vec()).unwrap().replace(&boundary, "B");
        assert_eq!(
            body,
            "--B\r\nContent-Disposition: form-data; name=\"grant\"\r\n\r\nkv\r\n\
             --B\r\nContent-Disposition: form-data; name=\"component\"; filename=\"component\"\r\n\
             Content-Type: application/wasm\r\n\r\n\0asm\r\n--B--\r\n"
        );
        assert_ne!(Form::new().boundary, boundary);
    }
}
