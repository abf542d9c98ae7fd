//! Kept files of runs.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use kernel_model::id::RunId;
use kernel_ports::artifact::Artifact;
use kernel_wire as wire;

use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{ArtifactOf, At, In, Json};
use crate::near::nearest;
use crate::projects::Project;
use crate::to_wire;

/// List artifacts of run
#[utoipa::path(
    get, path = "/api/v1/runs/{run}/artifacts", tag = "artifacts", operation_id = "artifactList",
    params(("run" = String, Path, description = "The run")),
    responses((status = 200, description = "All of them", body = Vec<wire::artifact::Artifact>)),
)]
pub(crate) async fn list(
    In(Project { scheduler, .. }): In,
    At(run): At<RunId>,
) -> Result<Json<Vec<wire::artifact::Artifact>>, ApiError> {
    scheduler.run_get(run).await?;
    let found = scheduler.parts().store.artifact_list(run).await?;
    Ok(Json(found.iter().map(to_wire::artifact).collect()))
}

/// Get artifact
///
/// The bytes of the file. Its ETag is the SHA-256 of the content.
#[utoipa::path(
    get, path = "/api/v1/runs/{run}/artifacts/{artifact}", tag = "artifacts",
    operation_id = "artifactGet",
    params(
        ("run" = String, Path, description = "The run"),
        ("artifact" = String, Path, description = "Its name; slashes are part of it"),
        ("if-none-match" = Option<String>, Header, description = "The ETag of what is there"),
    ),
    responses(
        (status = 200, description = "The file", body = Vec<u8>,
            content_type = "application/octet-stream",
            headers(("etag" = String), ("content-length" = u64), ("repr-digest" = String))),
        (status = 304, description = "It is what If-None-Match says"),
    ),
)]
pub(crate) async fn get(
    In(Project { scheduler, .. }): In,
    At(ArtifactOf { run, name }): At<ArtifactOf>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    scheduler.run_get(run).await?;
    let found = scheduler.parts().store.artifact_list(run).await?;
    let Some(artifact) = found.iter().find(|artifact| *artifact.name == name) else {
        let names = found.iter().map(|artifact| artifact.name.as_ref());
        let detail = format!("{run} has no artifact {name:?}");
        return Err(ApiError::new(Code::ArtifactUnknown, detail)
            .hint(format_args!("GET /api/v1/runs/{run}/artifacts lists them"))
            .near(nearest(&name, names).map(|near| format!("{near:?}"))));
    };
    let tag = format!("\"{}\"", artifact.sha256);
    if has_tag(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    let bytes = scheduler.parts().blobs.blob_read(&artifact.sha256).await?;
    Ok((file_headers(artifact, tag), Body::from_stream(bytes)).into_response())
}

/// What the file holds was made by whatever ran in a step, so browsers must only save it.
fn file_headers(artifact: &Artifact, tag: String) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut put = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    put(CONTENT_TYPE, "application/octet-stream".to_owned());
    put(X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned());
    put(CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".to_owned());
    put(CONTENT_DISPOSITION, disposition(&artifact.name));
    put(CONTENT_LENGTH, artifact.size.to_string());
    put(CACHE_CONTROL, "private, no-cache".to_owned());
    put(ETAG, tag);
    if let Some(digest) = digest(&artifact.sha256) {
        put(HeaderName::from_static("repr-digest"), digest);
    }
    headers
}

fn has_tag(headers: &HeaderMap, tag: &str) -> bool {
    let given = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = given.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|given| given == "*" || given.strip_prefix("W/").unwrap_or(given) == tag)
}

/// Returns the header of a download: the last part of the name, in what all clients understand.
fn disposition(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ' | '+');
    let safe: String = last.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    format!("attachment; filename=\"{safe}\"")
}

/// Returns the digest as RFC 9530 wants it.
fn digest(sha256: &str) -> Option<String> {
    let pairs = (0..sha256.len()).step_by(2).map(|i| sha256.get(i..i + 2));
    let bytes =
        pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect::<Option<Vec<u8>>>()?;
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    Some(format!("sha-256=:{text}:"))
}

#[cfg(test)]
mod tests {
    use super::{HeaderMap, IF_NONE_MATCH, digest, disposition, has_tag};

    #[test]
    fn the_digest_is_written_in_base64() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let want = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
        assert_eq!(digest(empty).unwrap(), want);
        assert_eq!(digest("xyz"), None);
    }

    #[test]
    fn a_download_has_the_last_part_of_the_name_without_tricks() {
        assert_eq!(disposition("dist/a b.tar.gz"), "attachment; filename=\"a b.tar.gz\"");
        assert_eq!(disposition("x/\"; é\r\n"), "attachment; filename=\"__ ___\"");
    }

    #[test]
    fn any_of_several_tags_is_enough() {
        let mut headers = HeaderMap::new();
        assert!(!has_tag(&headers, "\"a\""));
        headers.insert(IF_NONE_MATCH, "\"b\", W/\"a\"".parse().unwrap());
        assert!(has_tag(&headers, "\"a\""));
        assert!(!has_tag(&headers, "\"c\""));
    }
}
