//! `health`: is the service ready? For container engines and scripts, where nothing else may speak HTTP. It reads one key,
//! so it needs no secret and no file that the service alone may read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::Args;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use serde_json::Value;

use super::arguments::service_url;
use super::output::line;
use super::settings::value;
use super::{CommandResult, Failure};
use crate::config::listen_addr_of;
use crate::wecom::use_ring;

/// Longer than the service takes to find that its database does not answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// No answer of harborbell's is longer, and what listens there may be another program that never ends its own.
const LONGEST_ANSWER: usize = 64 * 1024;

#[derive(Args)]
pub struct Arguments {
    /// Another service than the one that LISTEN_ADDR says, such as http://harborbell.example.com:8080
    #[arg(long, value_parser = service_url)]
    url: Option<Url>,
}

pub async fn health(Arguments { url }: Arguments) -> CommandResult {
    let url = match url {
        Some(url) => url,
        None => own_url()?,
    };
    ask(&url).await?;
    line("ready")?;
    Ok(ExitCode::SUCCESS)
}

/// Where a service of this machine listens.
fn own_url() -> Result<Url, Failure> {
    let addr = listen_addr_of(value("LISTEN_ADDR")).map_err(Failure::Faults)?;
    if addr.port() == 0 {
        return Err(Failure::Usage(
            "LISTEN_ADDR leaves the port to the system; say with --url which one it was".into(),
        ));
    }
    Ok(Url::parse(&format!("http://{}/", reached_by(addr)))?)
}

/// Who listens on all addresses is asked on loopback.
fn reached_by(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}

async fn ask(url: &Url) -> anyhow::Result<()> {
    use_ring();
    // A proxy, or a page that it leads to, would answer for itself.
    let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(ANSWERS_WITHIN).build()?;
    let url = url.join("readyz").context("--url")?;
    let place = format!("{}{}", url.origin().ascii_serialization(), url.path());
    let answer = client.get(url).send().await.map_err(reqwest::Error::without_url);
    let mut answer = answer.with_context(|| format!("{place} does not answer"))?;
    let (status, mut body) = (answer.status(), Vec::new());
    while let Ok(Some(chunk)) = answer.chunk().await {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            break;
        }
        body.extend(&chunk);
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if status == StatusCode::OK && body["status"] == "ready" {
        return Ok(());
    }
    let detail = body["detail"].as_str().unwrap_or("this is no answer of harborbell");
    Err(anyhow!("{place} is not ready: {status}: {detail}"))
}
