use std::io::ErrorKind;

use synod_types::task::PerformError;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::ChildStdin;

use crate::lost;

/// Writes the payload and closes. A child that does not read to the end may do so.
pub(crate) async fn feed(stdin: Option<ChildStdin>, payload: &[u8]) -> Result<(), PerformError> {
    let Some(mut stdin) = stdin else {
        return Ok(());
    };
    match stdin.write_all(payload).await {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(lost(&error)),
    }
}

/// Everything, unless it is more than `bytes_max`.
pub(crate) async fn all(
    stream: Option<impl AsyncRead + Unpin>,
    bytes_max: usize,
) -> Result<Vec<u8>, PerformError> {
    let mut output = Vec::new();
    let Some(stream) = stream else {
        return Ok(output);
    };
    let one_more = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    stream.take(one_more).read_to_end(&mut output).await.map_err(|error| lost(&error))?;
    if bytes_max < output.len() {
        return Err(PerformError::Lasting(format!("the output exceeds {bytes_max} bytes")));
    }
    Ok(output)
}

/// The last `bytes_max` bytes.
pub(crate) async fn tail(
    stream: Option<impl AsyncRead + Unpin>,
    bytes_max: usize,
) -> Result<Vec<u8>, PerformError> {
    let mut kept = Vec::new();
    let Some(mut stream) = stream else {
        return Ok(kept);
    };
    let mut buffer = [0; 4_096];
    loop {
        let read = stream.read(&mut buffer).await.map_err(|error| lost(&error))?;
        if read == 0 {
            return Ok(kept);
        }
        kept.extend_from_slice(&buffer[..read]);
        let excess = kept.len().saturating_sub(bytes_max);
        kept.drain(..excess);
    }
}
