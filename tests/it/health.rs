//! `health`: what container engines and scripts are told, without a secret and without a shell.

use std::io::{Read, Write};
use std::process::Command;

use rstest::rstest;
use tempfile::TempDir;

use crate::process::Process;
use crate::support::{App, program};

/// Exit code, standard output and standard error; nothing but this is in its environment.
async fn health(folder: &TempDir, settings: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(program());
    command.arg("health").args(arguments).current_dir(folder.path()).env_clear().envs(settings.iter().copied());
    // The service may run in this test's own thread.
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[rstest]
#[case::loopback("127.0.0.1:0", "127.0.0.1")]
#[case::all_addresses("0.0.0.0:0", "0.0.0.0")]
#[case::all_addresses_of_ipv6("[::]:0", "[::]")]
#[case::loopback_of_ipv6("[::1]:0", "[::1]")]
#[tokio::test]
async fn it_asks_where_the_service_listens(#[case] listens: &str, #[case] host: &str) {
    let folder = TempDir::new().unwrap();
    let settings = [("LISTEN_ADDR", listens), ("ALLOW_ANONYMOUS", "true")];
    let mut process = Process::start(folder.path(), "http://127.0.0.1:9/send?key=none-at-all", &settings);
    let addr = format!("{host}:{}", process.url.rsplit(':').next().unwrap());
    // Whatever else is wrong there is not its business.
    std::fs::write(folder.path().join(".env"), format!("LISTEN_ADDR={addr}\nTIMEZONE=Nowhere\n")).unwrap();
    assert_eq!(health(&folder, &[], &[]).await, (0, "ready\n".to_owned(), String::new()));
    assert_eq!(health(&folder, &[("LISTEN_ADDR", &addr)], &[]).await.0, 0);

    process.child.kill().unwrap();
    process.child.wait().unwrap();
    let (code, _, said) = health(&folder, &[], &[]).await;
    assert!(code == 1 && said.contains("does not answer") && said.contains("refused"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[tokio::test]
async fn a_service_that_cannot_store_is_not_ready() {
    let (app, folder) = (App::spawn().await, TempDir::new().unwrap());
    assert_eq!(health(&folder, &[], &["--url", &app.url]).await.0, 0);
    app.intruder().await.fail_on("away").await;
    assert_eq!(app.post(crate::support::arrived("away").to_string()).await.0, 503);
    let (code, said, error) = health(&folder, &[], &["--url", &app.url]).await;
    assert_eq!((code, said.as_str()), (1, ""));
    assert!(error.contains("503") && error.contains("a webhook could not be stored"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

/// An answer without an end takes neither memory nor more than its time.
#[tokio::test]
async fn an_answer_without_an_end_is_no_health() {
    let folder = TempDir::new().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let endless = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
        let (mut sent, _) = (0_u64, stream.read(&mut [0; 4096]).unwrap());
        let mut next = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        while next.is_ok() {
            next = stream.write_all(chunk.as_bytes());
            sent += chunk.len() as u64;
        }
        sent
    });
    let (code, _, said) = health(&folder, &[], &["--url", &url]).await;
    assert!(code == 1 && said.contains("no answer of harborbell"), "{said}");
    assert!(endless.join().unwrap() < 64 * 1024 * 1024);
}

/// A proxy that has it below a path is asked there, with or without a slash at the end.
#[rstest]
#[case("", "/readyz")]
#[case("/", "/readyz")]
#[case("/bell", "/bell/readyz")]
#[case("/tools/bell/", "/tools/bell/readyz")]
#[tokio::test]
async fn the_path_of_an_address_is_kept(#[case] path: &str, #[case] asked: &str) {
    let folder = TempDir::new().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}{path}", listener.local_addr().unwrap());
    let proxy = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 4096];
        let length = stream.read(&mut head).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 18\r\n\r\n{\"status\":\"ready\"}").unwrap();
        String::from_utf8_lossy(&head[..length]).into_owned()
    });
    assert_eq!(health(&folder, &[], &["--url", &url]).await.0, 0);
    let head = proxy.join().unwrap();
    assert!(head.starts_with(&format!("GET {asked} HTTP/1.1\r\n")), "{head}");
}

/// It is named by the URL that was asked, without the account and the query of the address.
#[tokio::test]
async fn what_another_program_answers_is_no_health() {
    let (app, folder) = (App::spawn().await, TempDir::new().unwrap());
    let other = format!("{}/healthz/?key=s3cret-word", app.url.replace("127.0.0.1", "somebody:s3cret-word@127.0.0.1"));
    let (code, _, error) = health(&folder, &[], &["--url", &other]).await;
    let said = format!("{}/healthz/readyz is not ready: 404", app.url);
    assert!(code == 1 && error.contains(&said) && !error.contains("s3cret"), "{error}");
}

#[tokio::test]
async fn an_address_that_is_none_is_a_fault() {
    let folder = TempDir::new().unwrap();
    let (code, _, error) = health(&folder, &[("LISTEN_ADDR", "nonsense")], &[]).await;
    assert!(code == 2 && error.contains("LISTEN_ADDR"), "{error}");
    let (code, _, error) = health(&folder, &[("LISTEN_ADDR", "127.0.0.1:0")], &[]).await;
    assert!(code == 2 && error.contains("--url"), "{error}");
    for (url, problem) in [
        ("file:///readyz", "begins with http:// or https://"),
        ("127.0.0.1:8080", "begins with http:// or https://"),
        ("localhost:8080", "begins with http:// or https://"),
        ("http://", "empty host"),
        ("http://127.0.0.1:99999", "invalid port number"),
    ] {
        let (code, _, error) = health(&folder, &[], &["--url", url]).await;
        assert!(code == 2 && error.contains(problem), "{url}: {error}");
    }
}
