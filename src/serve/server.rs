//! The HTTP server: its port, its connections, and who answers which path.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::{DefaultHeaders, Next, from_fn};
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use anyhow::Context;
use tokio::net::TcpSocket;

use crate::admin::{self, Admin};
use crate::health::{Health, healthz, readyz, scrape};
use crate::http::body::{Places, may_be_endless};
use crate::http::connections::{Connections, Place, raise_descriptor_limit};
use crate::receive::{WebhookReceiver, receive};

/// Connections that the system keeps until they are accepted: a client that finds no place there tries again a second
/// later, and Harbor has only three.
const ACCEPT_QUEUE: u32 = 4_096;
/// How long requests that came in before the stop may take.
const DRAIN_SECONDS: u64 = 3;

/// Takes the port, if it is free.
pub fn listen(addr: SocketAddr) -> anyhow::Result<TcpListener> {
    let listen = || {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(addr)?;
        socket.listen(ACCEPT_QUEUE)?.into_std()
    };
    listen().with_context(|| format!("LISTEN_ADDR: cannot listen on {addr}"))
}

pub(super) fn server(
    listener: TcpListener,
    receiver: WebhookReceiver,
    health: Health,
    admin: Admin,
) -> std::io::Result<Server> {
    let (receiver, health, admin) = (Data::new(receiver), Data::new(health), Data::new(admin));
    let places = Data::<Places>::default();
    let connections = Connections::within(raise_descriptor_limit());
    let backlog = connections.backlog();
    let app = move || {
        App::new()
            .wrap(from_fn(head_as_get))
            .wrap(from_fn(followed))
            .wrap(
                DefaultHeaders::new()
                    .add(("x-content-type-options", "nosniff"))
                    .add(("referrer-policy", "same-origin"))
                    // Answers that may be cached say so themselves.
                    .add(("cache-control", "no-store")),
            )
            .app_data(places.clone())
            .app_data(receiver.clone())
            .app_data(health.clone())
            .app_data(admin.clone())
            .service(receive)
            .service(healthz)
            .service(readyz)
            .service(scrape)
            .configure(admin::configure)
            .default_service(web::to(admin::openapi::elsewhere))
    };
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let server = HttpServer::new(app)
        .workers(workers)
        .max_connections(backlog.div_ceil(workers))
        .on_connect(move |socket, data| connections.enter(socket, data))
        // Signals are ours: the order of the stop is.
        .disable_signals()
        .client_request_timeout(Duration::from_secs(5))
        .shutdown_timeout(DRAIN_SECONDS)
        .listen(listener)?;
    Ok(server.run())
}

/// HEAD is answered as GET is, by whatever answers that; the connection leaves the body out.
async fn head_as_get(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    next.call(request).await
}

/// Says of each request when its head is there and when it is answered, and ends a connection with its last answer.
async fn followed(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(place) = Place::of(request.request()) else { return Ok(next.call(request).await?.map_into_boxed_body()) };
    if place.asks_on() {
        return Ok(request.into_response(HttpResponse::ServiceUnavailable().finish()));
    }
    let _answering = place.clone().answers();
    let mut answered = next.call(request).await?.map_into_boxed_body();
    let bytes = match answered.response().body().size() {
        BodySize::Sized(bytes) => bytes,
        BodySize::None => 0,
        BodySize::Stream => u64::MAX,
    };
    let is_endless = may_be_endless(answered.request());
    if is_endless {
        place.hears_no_more();
    }
    if place.is_last(bytes) || is_endless {
        answered.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(answered)
}
