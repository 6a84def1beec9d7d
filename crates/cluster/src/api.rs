//! Requests to the API server: paced, bounded in time and size, and tried again where that helps.

use std::fmt;
use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use kube::Client;
use kube::client::Body;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Interval, MissedTickBehavior, interval, sleep, timeout};
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

/// Requests under way at once.
const AT_ONCE: usize = 8;

/// Least time between requests: at most 50 a second, which is kubectl's own rate.
const PACE: Duration = Duration::from_millis(20);

/// Most time for a request with its answer.
const PATIENCE: Duration = Duration::from_secs(90);

/// Tries in all.
const TRIES: u32 = 5;

/// Most bytes of an answer: a page of 500 objects of half a mebibyte each.
pub(crate) const PAGE_BYTES: usize = 256 << 20;

/// A request that came to nothing.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The server's answer, if it gave one.
    pub(crate) status: Option<StatusCode>,
    /// What the server said, or what went wrong before it could.
    pub(crate) message: String,
    /// Where a list goes on whose snapshot expired (410).
    pub(crate) resume: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "{}: {}", status.as_u16(), self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Failure {
    pub(crate) fn is_forbidden(&self) -> bool {
        matches!(self.status, Some(StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED))
    }

    fn before_answer(message: String) -> Self {
        Failure { status: None, message, resume: None }
    }
}

/// An error with what caused it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

/// The API server.
pub(crate) struct Api {
    client: Client,
    gate: Semaphore,
    pace: Mutex<Interval>,
}

impl Api {
    pub(crate) fn new(client: Client) -> Self {
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Api { client, gate: Semaphore::new(AT_ONCE), pace: Mutex::new(pace) }
    }

    /// The answer to a GET, of at most so many bytes.
    pub(crate) async fn get(&self, path: &str, most: usize) -> Result<String, Failure> {
        let mut pause = Duration::from_millis(500);
        let mut tries = 1;
        loop {
            let (failure, after) = match self.try_once(path, most).await {
                Ok(text) => return Ok(text),
                Err(failed) => failed,
            };
            let again = match failure.status {
                None => true,
                Some(status) => status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error(),
            };
            if !again || tries == TRIES {
                return Err(failure);
            }
            tracing::debug!("{path}: {failure}; trying again");
            sleep(after.map_or(pause, |after| after.min(Duration::from_secs(30)))).await;
            pause *= 2;
            tries += 1;
        }
    }

    /// One try, by itself: for what may well be out of reach.
    pub(crate) async fn get_once(&self, path: &str, most: usize) -> Result<String, Failure> {
        self.try_once(path, most).await.map_err(|(failure, _)| failure)
    }

    /// A try; where it fails, also how long the server asks to wait.
    async fn try_once(
        &self,
        path: &str,
        most: usize,
    ) -> Result<String, (Failure, Option<Duration>)> {
        let early = |message: String| (Failure::before_answer(message), None);
        let _turn = self.gate.acquire().await.map_err(|closed| early(closed.to_string()))?;
        self.pace.lock().await.tick().await;
        let request = Request::get(path)
            .header(http::header::ACCEPT, "application/json, */*;q=0.5")
            .body(Body::empty())
            .map_err(|error| early(chain(&error)))?;
        let answer = async {
            let response = self.client.send(request).await.map_err(|e| early(chain(&e)))?;
            let (head, body) = response.into_parts();
            let bytes = Limited::new(body, most)
                .collect()
                .await
                .map_err(|error| early(chain(error.as_ref())))?
                .to_bytes();
            Ok((head, bytes))
        };
        // The client logs as errors what is tried again, or told as unread.
        let answer = answer.with_subscriber(NoSubscriber::new());
        let (head, bytes) = match timeout(PATIENCE, answer).await {
            Ok(answer) => answer?,
            Err(_) => return Err(early(format!("no answer within {} s", PATIENCE.as_secs()))),
        };
        if head.status.is_success() {
            return String::from_utf8(Vec::from(bytes))
                .map_err(|_| early("the answer is not UTF-8".to_owned()));
        }
        let after = head
            .headers
            .get(http::header::RETRY_AFTER)
            .and_then(|after| after.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        Err((refusal(head.status, &bytes), after))
    }
}

/// What a `Status` says.
fn refusal(status: StatusCode, body: &[u8]) -> Failure {
    #[derive(serde::Deserialize, Default)]
    #[serde(default)]
    struct Status {
        message: String,
        metadata: Metadata,
    }
    #[derive(serde::Deserialize, Default)]
    #[serde(default)]
    struct Metadata {
        r#continue: String,
    }
    match serde_json::from_slice::<Status>(body) {
        Ok(said) => Failure {
            status: Some(status),
            message: said.message,
            resume: Some(said.metadata.r#continue).filter(|token| !token.is_empty()),
        },
        Err(_) => {
            let text: String = String::from_utf8_lossy(body).chars().take(200).collect();
            Failure { status: Some(status), message: text, resume: None }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_list_says_where_to_go_on() {
        let said = br#"{"kind":"Status","message":"too old","metadata":{"continue":"abc"}}"#;
        let failure = refusal(StatusCode::GONE, said);
        assert_eq!(failure.resume.as_deref(), Some("abc"));
        assert_eq!(failure.to_string(), "410: too old");
        let failure = refusal(StatusCode::BAD_GATEWAY, b"<html>no</html>");
        assert_eq!(failure.to_string(), "502: <html>no</html>");
        assert!(!failure.is_forbidden());
    }
}
