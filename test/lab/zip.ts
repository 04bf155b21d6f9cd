/** One entry of a ZIP archive; sizes in bytes. */
export interface ZipEntry {
  readonly name: string;
  readonly compressed: number;
  readonly size: number;
  /** CRC-32 of the contents. */
  readonly checksum: number;
}

/** The central directory of a ZIP archive (APPNOTE.TXT 4.3.12) of less than 4 GiB. */
export function zipEntries(archive: Buffer): ZipEntry[] {
  const end = archive.lastIndexOf("PK\x05\x06", undefined, "latin1");
  if (end < 0) throw new Error("Not a ZIP archive.");
  const entries: ZipEntry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const nameLength = archive.readUInt16LE(at + 28);
    entries.push({
      name: archive.toString("utf8", at + 46, at + 46 + nameLength),
      compressed: archive.readUInt32LE(at + 20),
      size: archive.readUInt32LE(at + 24),
      checksum: archive.readUInt32LE(at + 16),
    });
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return entries;
}
