//! The signals that end the service, in order or at once.

use tokio::signal::unix::{SignalKind, signal};

/// Listens for SIGTERM and SIGINT from now on, so that none ends the process out of order; what it gives resolves at the
/// first. From then on, a second one ends the process at once.
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut next = async move || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    Ok(async move {
        next().await;
        tokio::spawn(async move {
            next().await;
            tracing::warn!("second signal: ending at once; what is missing is done at the next start");
            std::process::exit(130);
        });
    })
}
