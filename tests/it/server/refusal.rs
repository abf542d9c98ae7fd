//! What a server does not take, and how it says so.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::server_process::Server;
use crate::tenon::said;

#[tokio::test]
async fn a_broken_pipeline_is_refused_with_its_lines_and_not_stored() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).await;
    let undefined = "jobs:\n  - name: job\n    plan:\n      - get: nowhere\n";
    for (source, line, word) in [(undefined, 4, "nowhere"), ("jobs:\n  - name: [\n", 3, "")] {
        let (status, problem) = server.pipeline_try("p", source).await;
        assert!(matches!(status, 400 | 422), "{status}: {problem}");
        let error = &problem["errors"][0];
        assert_eq!(error["line"], line, "{problem}");
        assert!(error["column"].as_u64().unwrap() > 0, "{problem}");
        assert!(error["message"].as_str().unwrap().contains(word), "{problem}");
        let stored = server.get("/pipelines/p").await.unwrap();
        assert_eq!(stored["status"], 404, "{stored}");
    }
}

/// Starts a server that cannot start, and checks what it says.
#[track_caller]
fn refuses(data: &Path, flags: &[&str], words: &[&str]) {
    let data = data.display().to_string();
    let said = said(&[&["server", "--data", &data], flags].concat());
    assert_ne!(said.code, Some(0), "{said:#?}");
    let errors: Vec<&str> =
        said.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{said:#?}");
    for word in words {
        assert!(errors[0].contains(word), "{word:?} is missing: {said:#?}");
    }
}

const ANY: [&str; 2] = ["--listen", "127.0.0.1:0"];

#[test]
fn an_address_that_is_taken_is_named() {
    let data = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refuses(data.path(), &["--listen", &address], &[&address, "--listen"]);
}

#[test]
fn a_data_folder_that_cannot_be_written_is_named() {
    // Not even root can make folders there.
    refuses(Path::new("/proc/tenon"), &ANY, &["/proc/tenon", "--data"]);
}

#[tokio::test]
async fn a_data_folder_that_another_server_uses_is_named() {
    let data = tempfile::tempdir().unwrap();
    let _server = Server::start(data.path()).await;
    refuses(data.path(), &ANY, &[&data.path().display().to_string()]);
}

#[tokio::test]
async fn data_of_a_newer_version_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    assert_eq!(Server::start(data.path()).await.terminate(), Some(0));
    let file = data.path().join("projects/default/project.db");
    // The version of the schema, in the head of the database.
    let db = fs::OpenOptions::new().write(true).open(&file).unwrap();
    db.write_all_at(&9_999_u32.to_be_bytes(), 60).unwrap();
    let before = fs::read(&file).unwrap();
    refuses(data.path(), &ANY, &["project.db", "9999", "newer"]);
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_file_that_is_no_plugin_is_named_at_the_start() {
    let (data, plugins) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(plugins.path().join("odd.wasm"), "text").unwrap();
    let dir = plugins.path().display().to_string();
    let flags = [&ANY[..], &["--plugins", &dir]].concat();
    refuses(data.path(), &flags, &["odd.wasm"]);
}
