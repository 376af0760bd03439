/// How much the journal takes. At a limit it refuses and says which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one record.
    pub record_bytes_max: u32,
    /// Bytes of all records of one append, which are written together or not at all.
    pub batch_bytes_max: u32,
    /// Bytes written by one sync; appends beyond wait for the next.
    pub group_bytes_max: u32,
    /// Requests waiting for the writer.
    pub queue_max: usize,
    /// Bytes waiting for the writer.
    pub queue_bytes_max: u64,
    /// Bytes of one page of a read, whatever the reader asks for. A page holds one record at least.
    pub read_bytes_max: u32,
    /// Size at which a segment is sealed. A restart scans one segment.
    pub segment_bytes_max: u64,
    /// Bytes of zeros written behind small groups, so that the next ones need not make the file
    /// longer: the file system would have to log its new size with each sync.
    pub prepared_bytes: u32,
    /// Bytes of all segments together.
    pub journal_bytes_max: u64,
    /// Bytes of one snapshot.
    pub snapshot_bytes_max: u64,
    /// How many streams there may ever be.
    pub streams_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            record_bytes_max: 1 << 20,
            batch_bytes_max: 4 << 20,
            group_bytes_max: 8 << 20,
            queue_max: 4096,
            queue_bytes_max: 64 << 20,
            read_bytes_max: 4 << 20,
            segment_bytes_max: 64 << 20,
            prepared_bytes: 1 << 20,
            journal_bytes_max: 64 << 30,
            snapshot_bytes_max: 64 << 20,
            streams_max: 4096,
        }
    }
}
