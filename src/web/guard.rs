//! Who gets an answer at all, and what every answer says to the browser.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::room::Room;

pub const COOKIE: &str = "sidetone";
/// Where the token is exchanged for the cookie.
pub const ENTRANCE: &str = "/enter";

/// What a browser must do with everything that comes from here.
const SAID: [(HeaderName, &str); 7] = [
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: a form's `Origin` would be `null` then, and could not be told from a sandboxed page's.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Answers only to the browser that was let in, and to it only when it is on our own pages.
pub async fn guard(State(room): State<Arc<Room>>, request: Request, next: Next) -> Response {
    let entering = request.uri().path() == ENTRANCE;
    let welcome = is_ours(&room, request.method(), request.headers());
    let mut response = if !welcome || !(entering || has_cookie(&room, request.headers())) {
        StatusCode::FORBIDDEN.into_response()
    } else {
        if !entering {
            room.touch();
        }
        next.run(request).await
    };
    for (name, value) in SAID {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether the request comes from an address that was typed or opened, or from a page of ours.
fn is_ours(room: &Room, method: &Method, headers: &HeaderMap) -> bool {
    let one = |name| {
        let mut values = headers.get_all(name).iter();
        values.next().filter(|_| values.next().is_none()).map(|value| value.to_str().unwrap_or_default())
    };
    let host = one(header::HOST) == Some(&room.host);
    let ours = format!("http://{}", room.host);
    let origin = match headers.contains_key(header::ORIGIN) {
        true => one(header::ORIGIN) == Some(&ours),
        false => method == Method::GET,
    };
    let site = HeaderName::from_static("sec-fetch-site");
    let site = match headers.contains_key(&site) {
        true => matches!(one(site), Some("same-origin" | "none")),
        // Browsers that are old do not say.
        false => true,
    };
    host && origin && site && (method == Method::GET || method == Method::POST)
}

fn has_cookie(room: &Room, headers: &HeaderMap) -> bool {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut named = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    named.any(|(name, value)| name == COOKIE && room.cookie.is(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&str, &str)]) -> HeaderMap {
        let parsed = list.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()));
        let mut headers = HeaderMap::new();
        parsed.for_each(|(name, value): (_, HeaderValue)| _ = headers.append(name, value));
        headers
    }

    #[test]
    fn only_our_own_pages_and_typed_addresses_get_in() {
        let room = super::super::room::tests::room();
        let (host, origin) = (("host", "127.0.0.1:4000"), ("origin", "http://127.0.0.1:4000"));
        type Headers<'a> = &'a [(&'a str, &'a str)];
        let table: &[(Method, Headers<'_>, bool)] = &[
            (Method::GET, &[host], true),
            (Method::GET, &[host, ("sec-fetch-site", "none")], true),
            (Method::GET, &[host, ("sec-fetch-site", "same-origin")], true),
            (Method::GET, &[host, ("sec-fetch-site", "cross-site")], false),
            (Method::GET, &[host, ("sec-fetch-site", "same-site")], false),
            (Method::GET, &[], false),
            (Method::GET, &[("host", "localhost:4000")], false),
            (Method::GET, &[("host", "127.0.0.1")], false),
            (Method::GET, &[("host", "evil.example:4000")], false),
            (Method::GET, &[host, ("host", "evil.example")], false),
            (Method::GET, &[host, ("origin", "http://evil.example")], false),
            (Method::POST, &[host, origin], true),
            (Method::POST, &[host, origin, ("sec-fetch-site", "same-origin")], true),
            (Method::POST, &[host], false),
            (Method::POST, &[host, ("origin", "null")], false),
            (Method::POST, &[host, ("origin", "http://127.0.0.1:4001")], false),
            (Method::POST, &[host, ("origin", "https://127.0.0.1:4000")], false),
            (Method::POST, &[host, origin, ("origin", "http://evil.example")], false),
            (Method::PUT, &[host, origin], false),
            (Method::OPTIONS, &[host, origin], false),
        ];
        for (method, list, expected) in table {
            let map = headers(list);
            assert_eq!(is_ours(&room, method, &map), *expected, "{method} {map:?}");
        }
    }

    #[test]
    fn the_cookie_is_looked_for_among_others() {
        let room = super::super::room::tests::room();
        let with = |text: String| has_cookie(&room, &headers(&[("cookie", &text)]));
        let ours = room.cookie.text();
        assert!(with(format!("a=b; sidetone={ours}; c=d")));
        assert!(
            !with(format!("sidetone=; other={ours}")) && !with(format!("sidetone={ours}0")) && !with(String::new())
        );
    }
}
