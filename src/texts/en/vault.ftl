### Receipts: what went, and how much.

# In a table there is room for eighteen letters.
receipt-withdrawn = withdrawn
receipt-words-deleted = words deleted
receipt-words-taken = words taken
receipt-everything-deleted = everything deleted
receipt-retention-over = retention over
receipt-passphrase-lost = passphrase lost
receipt-pairing-deleted = pairing deleted
receipt-goal-deleted = goal deleted
receipt-answers-deleted = answers deleted
receipt-amount = { $rows ->
    [one] { $rows } row
   *[other] { $rows } rows
}, { $files ->
    [one] { $files } file
   *[other] { $files } files
}, { $bytes ->
    [one] { $bytes } byte
   *[other] { $bytes } bytes
}
