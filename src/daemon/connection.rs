//! One client: lines come in, each is answered in turn. Nothing a client sends or leaves unsent disturbs the session.

use std::sync::Arc;

use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
};

use super::{
    protocol::{Failure, LINE_BYTES_MAX, Reply, Request},
    slot::Slot,
};

/// Answers until the client goes or the daemon ends.
pub(super) async fn serve(stream: UnixStream, slot: Arc<Slot>) {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let line = tokio::select! {
            line = next_line(&mut reader) => line,
            () = slot.ended() => return,
        };
        let (reply, started, last) = match line {
            Line::Whole(line) => match serde_json::from_slice::<Request>(&line) {
                Ok(request) => {
                    let starts = matches!(request, Request::Start(_));
                    let reply = slot.answer(request).await;
                    let started = starts && !matches!(reply, Reply::Failed(_));
                    (reply, started, false)
                }
                Err(_) => (Reply::Failed(not_understood()), false, false),
            },
            Line::TooLong => (Reply::Failed(not_understood()), false, true),
            Line::Over => return,
        };
        let Ok(mut line) = serde_json::to_vec(&reply) else { return };
        line.push(b'\n');
        if writer.write_all(&line).await.is_err() {
            if started {
                // Whoever asked has given up and was never told that a recording runs: it must not.
                tracing::warn!("the client that started a session is gone: withdrawn");
                slot.answer(Request::Withdraw).await;
            }
            return;
        }
        if last {
            return;
        }
    }
}

fn not_understood() -> Failure {
    Failure::user(
        "the request was not understood",
        "if sidetone was upgraded, end the old daemon with `sidetone daemon --stop`; it is started anew when needed",
    )
}

#[derive(Debug, PartialEq, Eq)]
enum Line {
    Whole(Vec<u8>),
    /// More than [`LINE_BYTES_MAX`]: what follows cannot be told from its rest.
    TooLong,
    /// The client is gone, perhaps in the middle of a line.
    Over,
}

async fn next_line(reader: &mut (impl AsyncBufRead + Unpin)) -> Line {
    let mut line = Vec::new();
    let read = reader.take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut line).await;
    match read {
        Ok(_) if line.last() == Some(&b'\n') => Line::Whole(line),
        Ok(LINE_BYTES_MAX) => Line::TooLong,
        Ok(_) | Err(_) => Line::Over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_whole_too_long_or_over() {
        let long = vec![b'x'; LINE_BYTES_MAX];
        let fits = [&vec![b'x'; LINE_BYTES_MAX - 1][..], b"\n"].concat();
        for (bytes, expected) in [
            (&b"\"status\"\n\"stop\""[..], Line::Whole(b"\"status\"\n".to_vec())),
            (b"\n", Line::Whole(b"\n".to_vec())),
            (b"\"sta", Line::Over),
            (b"", Line::Over),
            (&fits, Line::Whole(fits.clone())),
            (&long, Line::TooLong),
        ] {
            assert_eq!(next_line(&mut &bytes[..]).await, expected);
        }
    }
}
