//! Sources over real sockets: what an exchange in memory cannot show.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use flowgate::cxone::{Network, PlainHttp};
use flowgate::manifest::{Content, File, project};
use flowgate::model::{Credential, Environment, Secret};
use flowgate::sources::{Access, LONGEST_ANSWER, ask};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A server that gives each connection the next of its answers, the last one for ever.
struct Server {
    url: String,
    requests: UnboundedReceiver<String>,
}

impl Server {
    async fn answering(answers: &[String]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/cx?key=query-secret", listener.local_addr().expect("a port"));
        let (told, requests) = unbounded_channel();
        let answers = answers.to_vec();
        tokio::spawn(async move {
            for count in 0.. {
                let (mut socket, _) = listener.accept().await.expect("a connection");
                let mut request = vec![0; 4096];
                let length = socket.read(&mut request).await.unwrap_or(0);
                let _ = told.send(String::from_utf8_lossy(&request[..length]).into_owned());
                let answer = answers.get(count).or(answers.last()).cloned().unwrap_or_default();
                tokio::spawn(async move {
                    let _ = socket.write_all(answer.as_bytes()).await;
                    if answer.is_empty() {
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        Self { url, requests }
    }

    /// What was asked so far.
    fn asked(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.requests.try_recv().ok()).collect()
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn environment(url: &str) -> Environment {
    let text = format!(
        "apiVersion: flowgate.dev/v1
kind: Project
metadata: {{name: bank}}
spec:
  tenants: [{{name: sandbox, baseUrl: 'http://localhost'}}]
  environments:
    - name: development
      tenant: sandbox
      targetEnvironment: DEVELOPMENT
      sources:
        cx:
          url: {url}
          fields: {{priority: string}}
          timeoutSeconds: 1
          headers: {{X-Api-Key: {{env: CX_KEY}}}}
"
    );
    let content = Content::Bytes(text.into_bytes());
    let file = project(File { path: "flowgate.yaml".to_owned(), content }).expect("sound");
    file.project.environments[0].clone()
}

/// Asks, and returns the value or why there is none.
async fn priority(url: &str) -> Result<String, String> {
    let network = Network::new(PlainHttp::Loopback).reading_at_most(LONGEST_ANSWER);
    let credential = |place: &Credential| match place {
        Credential::Env(name) if name == "CX_KEY" => Ok(Secret::new("hunter2")),
        _ => Err("not set".to_owned()),
    };
    let access = Access { exchange: &network, credential: &credential };
    let values = ask(&environment(url), ["cx"], access).await;
    values.get("cx", "priority").map(ToString::to_string).map_err(str::to_owned)
}

#[tokio::test]
async fn a_source_is_asked_with_its_query_and_its_key() {
    let mut server = Server::answering(&[ok(r#"{"priority": "high"}"#)]).await;
    assert_eq!(priority(&server.url).await, Ok("\"high\"".to_owned()));
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].starts_with("GET /cx?key=query-secret HTTP/1.1\r\n"), "{}", asked[0]);
    let headers: BTreeMap<_, _> =
        asked[0].lines().filter_map(|line| line.split_once(": ")).collect();
    assert_eq!(headers["x-api-key"], "hunter2");
    assert_eq!(headers["accept"], "application/json");
}

#[tokio::test]
async fn what_fails_is_told_without_secrets() {
    let long = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", LONGEST_ANSWER + 1);
    let chunk = format!("{:x}\r\n{}\r\n", 64 * 1024, " ".repeat(64 * 1024));
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\n\r\n",
        chunk.repeat(17)
    );
    let html = "<html>hunter2</html>";
    let table = [
        (long, "is longer than 1 MiB"),
        (chunked, "is longer than 1 MiB"),
        (ok(html), "is no JSON (line 1, column 1); a JSON object is expected"),
        (String::new(), "did not answer completely within 1 s"),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 90\r\nconnection: close\r\n\r\n{".into(),
            "was cut off",
        ),
        ("nonsense\r\n\r\n".into(), "did not answer"),
    ];
    for (answer, why) in table {
        let server = Server::answering(&[answer]).await;
        let begun = Instant::now();
        let told = priority(&server.url).await.expect_err(why);
        let address = server.url.split('?').next().unwrap_or_default();
        let expected = format!("source cx of development ({address}): ");
        assert!(told.starts_with(&expected) && told.contains(why), "{why:?} is not in {told:?}");
        assert!(!told.contains("hunter2") && !told.contains("query-secret"), "{told}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{why}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_key_goes_nowhere_else() {
    let mut elsewhere = Server::answering(&[ok(r#"{"priority": "evil"}"#)]).await;
    let moved = format!(
        "HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        elsewhere.url
    );
    let server = Server::answering(&[moved]).await;
    let told = priority(&server.url).await.expect_err("moved");
    assert!(told.contains("it answered 302 to http://127.0.0.1:"), "{told}");
    assert!(!told.contains("query-secret"), "{told}");
    assert_eq!(elsewhere.asked(), [""; 0]);
}

#[tokio::test]
async fn a_source_that_fails_once_is_asked_once_more() {
    let down = "HTTP/1.1 503 Down\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned();
    let mut server = Server::answering(&[down, ok(r#"{"priority": "high"}"#)]).await;
    assert_eq!(priority(&server.url).await, Ok("\"high\"".to_owned()));
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("a port");
    drop(listener);
    let told = priority(&format!("http://{address}/cx")).await.expect_err("refused");
    assert!(told.contains(&format!("cannot reach {address}: Connection refused")), "{told}");
}
