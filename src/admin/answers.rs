//! What calls of the API may answer beside what they are asked for.

use utoipa::IntoResponses;

use crate::problem::Problem;

/// What every guarded call may answer.
#[derive(IntoResponses)]
pub enum Guarded {
    #[response(status = 401, description = "The token is missing or wrong", content_type = "application/problem+json")]
    Unauthorized(Problem),
    #[response(
        status = 403,
        description = "The token may not do this, or the request comes from another site",
        content_type = "application/problem+json"
    )]
    Forbidden(Problem),
    #[response(
        status = 429,
        description = "Too many wrong tokens from this address",
        content_type = "application/problem+json"
    )]
    TooMany(Problem),
    #[response(
        status = 503,
        description = "The database cannot be used now; try again",
        content_type = "application/problem+json"
    )]
    Unavailable(Problem),
}

/// What a list may answer beside that.
#[derive(IntoResponses)]
pub enum Queried {
    #[response(status = 400, description = "The query cannot be read", content_type = "application/problem+json")]
    BadRequest(Problem),
}

/// What concerns one thing may find that it is not there.
#[derive(IntoResponses)]
pub enum Named {
    #[response(status = 404, description = "There is no such thing", content_type = "application/problem+json")]
    NotFound(Problem),
}

/// What a call with a body may answer beside that.
#[derive(IntoResponses)]
pub enum Posted {
    #[response(status = 400, description = "The body is not JSON", content_type = "application/problem+json")]
    BadRequest(Problem),
    #[response(
        status = 408,
        description = "The body did not arrive in time",
        content_type = "application/problem+json"
    )]
    TooLate(Problem),
    #[response(status = 413, description = "The body is too large", content_type = "application/problem+json")]
    TooLarge(Problem),
    #[response(status = 422, description = "A field is wrong", content_type = "application/problem+json")]
    Unprocessable(Problem),
}
