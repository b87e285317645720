//! Harbor's API over HTTP: a newer or older Harbor is understood, and one that does not answer, answers too much or
//! answers something else is an error that a person can act upon, without a secret in it.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use harborbell::demo::harbor::{Fault, Harbor};
use harborbell::harbor::client::{Access, Client, Error};
use harborbell::model::secret::Secrets;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::within;

fn client_of(url: &str, ca: Option<&[u8]>) -> Client {
    let access = Access {
        url: url.parse().unwrap(),
        username: "robot$bell".into(),
        password: "pass-word".to_owned().into(),
        ca: ca.map(<[u8]>::to_vec),
    };
    Client::new(&access, Secrets::default()).unwrap()
}

/// What a server was asked.
type Heads = Arc<Mutex<Vec<String>>>;

/// A server that answers everything so. What it says in its head is longer than the body: it hangs in the middle.
async fn server(status: u16, body: &str, missing: usize) -> (String, Heads) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (heads, head) =
        (Heads::default(), format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len() + missing));
    let (asked, answer) = (heads.clone(), format!("{head}\r\n{body}"));
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            asked.lock().unwrap().push(String::from_utf8(head).unwrap());
            stream.write_all(answer.as_bytes()).await.unwrap();
            if missing > 0 {
                open.push(stream);
            }
        }
    });
    (url, heads)
}

async fn client(status: u16, body: &Value) -> Client {
    client_of(&server(status, &body.to_string(), 0).await.0, None)
}

#[tokio::test]
async fn what_a_newer_harbor_adds_is_passed_over_and_what_an_older_one_lacks_is_empty() {
    let new = json!([
        { "id": 7, "status": "Succeed", "start_time": "2026-11-24T17:35:51.462Z", "new": { "deep": [1, null] } },
        { "id": 8, "start_time": "0001-01-01T00:00:00.000Z", "end_time": null },
        { "id": 9, "start_time": "yesterday" },
    ]);
    let page = client(200, &new).await.executions(1).await.unwrap();
    assert_eq!(page.items.len(), 3);
    assert!(page.items[0].start_time.is_some() && !page.items[0].has_ended());
    assert!(page.items[1..].iter().all(|old| old.start_time.is_none() && old.status.is_empty()));
    assert_eq!(page.total, None, "an older Harbor does not say how many there are");

    let task = client(200, &json!([{ "id": 3, "job_id": "x" }])).await.tasks(7).await.unwrap().remove(0);
    assert!(!task.has_ended() && task.operation.is_empty() && task.dst_resource.is_empty());

    let old =
        json!([{ "id": 1, "deletion": true, "filters": null, "src_registry": null, "dest_registry": { "id": 4 } }]);
    let rule = client(200, &old).await.policies().await.unwrap().remove(0);
    assert!(rule.replicates_deletions() && !rule.enabled && rule.filters.is_empty() && rule.trigger_type().is_empty());
    assert!(!rule.is_pull() && rule.remote().unwrap().name.is_empty());

    let webhooks = json!([{ "id": 1, "event_types": null, "targets": null }]);
    let policy = client(200, &webhooks).await.webhook_policies("mars").await.unwrap().remove(0);
    assert!(!policy.sends_replications() && policy.addresses().count() == 0);

    let info = json!({ "external_url": "https://harbor.example.com", "with_notary": false });
    let info = client(200, &info).await.system_info().await.unwrap();
    assert!(info.harbor_version.is_none() && info.current_time.is_none());
}

/// Go writes a list that nothing was put into as null.
#[tokio::test]
async fn a_list_that_is_null_is_empty() {
    let client = client(200, &Value::Null).await;
    assert!(client.policies().await.unwrap().is_empty() && client.tasks(1).await.unwrap().is_empty());
    assert!(client.executions(1).await.unwrap().items.is_empty());
    assert!(client.webhook_executions("mars", 1, 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_page_size_that_harbor_refuses_is_said_in_its_words() {
    let refused = "validation failure list:\npage_size in query should be less than or equal to 100";
    let body = json!({ "errors": [{ "code": "UNPROCESSABLE_ENTITY", "message": refused }] });
    let (url, heads) = server(422, &body.to_string(), 0).await;
    let error = client_of(&url, None).policies().await.unwrap_err();
    assert!(matches!(error, Error::Status { status: 422, .. }), "{error:?}");
    assert!(error.to_string().contains("less than or equal to 100"), "{error}");
    assert!(heads.lock().unwrap()[0].contains("page_size=100 "), "{heads:?}");
}

#[rstest]
#[case::none("", "GET /api/v2.0/systeminfo ")]
#[case::a_slash("/", "GET /api/v2.0/systeminfo ")]
#[case::a_path("/base", "GET /base/api/v2.0/systeminfo ")]
#[case::a_path_and_a_slash("/base/", "GET /base/api/v2.0/systeminfo ")]
#[case::a_query("/base?x=y#z", "GET /base/api/v2.0/systeminfo ")]
#[tokio::test]
async fn the_address_may_have_a_path(#[case] path: &str, #[case] asked: &str) {
    let (url, heads) = server(404, "", 0).await;
    assert_eq!(client_of(&format!("{url}{path}"), None).system_info().await.unwrap_err(), Error::NotFound);
    let heads = heads.lock().unwrap();
    assert!(heads[0].starts_with(asked), "{heads:?}");
    assert!(heads[0].contains("authorization: Basic cm9ib3QkYmVsbDpwYXNzLXdvcmQ="), "{heads:?}");
}

#[tokio::test]
async fn a_projects_name_is_one_segment_of_the_path() {
    let (url, heads) = server(200, "[]", 0).await;
    client_of(&url, None).webhook_policies("a b/../é?c").await.unwrap();
    let heads = heads.lock().unwrap();
    assert!(heads[0].starts_with("GET /api/v2.0/projects/a%20b%2F..%2F%C3%A9%3Fc/webhook/policies?"), "{heads:?}");
}

#[tokio::test]
async fn lists_are_read_to_their_last_page() {
    let harbor = Harbor::start().await.unwrap();
    for id in 1..=201 {
        harbor.set_rule(json!({ "id": id, "name": format!("rule-{id}") }));
    }
    assert_eq!(client_of(&harbor.url(), None).policies().await.unwrap().len(), 201);
    assert_eq!(harbor.asked().len(), 3);
}

#[tokio::test]
async fn an_answer_is_read_up_to_its_limit() {
    let harbor = Harbor::start().await.unwrap();
    let client = client_of(&harbor.url(), None);
    harbor.set_execution(json!({ "id": 7 }));
    let line = "2027-01-15T08:00:00Z [INFO] [/transfer.go:1]: line\n";
    harbor.set_task(7, json!({ "id": 8 }), Some(&line.repeat(1024 * 1024 / line.len() + 2)));
    let log = client.task_log(7, 8).await.unwrap();
    assert!((1024 * 1024 - line.len()..=1024 * 1024).contains(&log.len()), "a log is cut behind a line: {}", log.len());
    harbor.fail(Some(Fault::Long(20 * 1024 * 1024)));
    assert_eq!(client.policies().await.unwrap_err(), Error::TooLong, "a list cannot be");
}

#[tokio::test]
async fn who_does_not_answer_is_not_waited_for() {
    let hangs = Harbor::start().await.unwrap();
    hangs.fail(Some(Fault::Hang));
    let (stops, _) = server(200, "[", 1).await;
    let (hangs, stops) = (client_of(&hangs.url(), None), client_of(&stops, None));
    let (one, other) = within("both time out", async { tokio::join!(hangs.system_info(), stops.policies()) }).await;
    for error in [one.unwrap_err(), other.unwrap_err()] {
        assert_eq!(error.to_string(), "Harbor did not answer within 10 s");
    }
}

#[tokio::test]
async fn who_refuses_the_connection_is_named_with_what_to_check() {
    let mut harbor = Harbor::start().await.unwrap();
    let client = client_of(&harbor.url(), None);
    harbor.go_down().await;
    let error = client.system_info().await.unwrap_err().to_string();
    assert!(error.contains("refused") && error.contains("check HARBOR_URL"), "{error}");
    harbor.come_back().await.unwrap();
    assert!(client.system_info().await.is_ok());
}

#[rstest]
#[case::a_page(200, "<html>Sign in</html>", "is HARBOR_URL Harbor's own address?")]
#[case::nothing(200, "", "is HARBOR_URL Harbor's own address?")]
#[case::another_shape(200, "{\"external_url\":[]}", "external_url")]
#[case::an_error(500, "\u{1b}[31mupstream\r\n\r\nfailed", "Harbor answers 500: upstream failed")]
#[case::refused(401, "", "check HARBOR_USERNAME and HARBOR_PASSWORD")]
#[case::an_echo(
    502,
    "sent pass-word, Authorization: Basic cm9ib3QkYmVsbDpwYXNzLXdvcmQ=",
    "502: sent ***, Authorization: "
)]
#[tokio::test]
async fn an_answer_that_is_none_is_an_error_for_people(#[case] status: u16, #[case] body: &str, #[case] says: &str) {
    let client = client_of(&server(status, body, 0).await.0, None);
    let error = client.system_info().await.unwrap_err().to_string();
    assert!(error.contains(says) && error.len() < 400, "{error}");
    assert!(!error.contains("pass-word") && !error.contains("cm9ib3Qk"), "{error}");
    assert!(!format!("{client:?}").contains("pass-word"));
}

#[tokio::test]
async fn each_permission_that_is_missing_is_named() {
    let harbor = Harbor::start().await.unwrap();
    let client = client_of(&harbor.url(), None);
    harbor.deny(&["replication:list", "replication:read", "replication-policy:list", "notification-policy:list"]);
    let lacks = |error: Error| match error {
        Error::Forbidden { permission } => permission,
        other => panic!("{other:?}"),
    };
    assert_eq!(lacks(client.executions(1).await.unwrap_err()), "replication:list");
    assert_eq!(lacks(client.tasks(1).await.unwrap_err()), "replication:list");
    assert_eq!(lacks(client.execution(1).await.unwrap_err()), "replication:read");
    assert_eq!(lacks(client.task_log(1, 1).await.unwrap_err()), "replication:read");
    assert_eq!(lacks(client.policies().await.unwrap_err()), "replication-policy:list");
    assert_eq!(lacks(client.webhook_policies("mars").await.unwrap_err()), "notification-policy:list");
    assert!(client.system_info().await.is_ok(), "this needs none");
}

/// A server for some connections whose certificate a private CA has signed; the keys are for this test alone.
fn tls_server(connections: usize) -> String {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let certificate = CertificateDer::from_pem_slice(include_bytes!("harbor_api/tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("harbor_api/tls/server.key")).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let (config, listener) = (Arc::new(config), std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().take(connections) {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
            // A client that does not trust the certificate hangs up.
            if stream.read(&mut [0; 4096]).is_ok() {
                let body = r#"{"external_url":"https://harbor.example.com"}"#;
                let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                stream.write_all((head + body).as_bytes()).unwrap();
                stream.conn.send_close_notify();
                stream.flush().unwrap();
            }
        }
    });
    url
}

#[tokio::test]
async fn a_private_ca_is_trusted_where_it_is_given() {
    let url = tls_server(2);
    let error = client_of(&url, None).system_info().await.unwrap_err().to_string();
    assert!(error.contains("certificate") && error.contains("HARBOR_CA_FILE"), "{error}");
    let client = client_of(&url, Some(include_bytes!("harbor_api/tls/ca.pem")));
    assert_eq!(client.system_info().await.unwrap().external_url, "https://harbor.example.com");
}
