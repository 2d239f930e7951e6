/** Makes a title fit for an address: letters, digits, and single hyphens between them. */
export function slug(title: string, longest: number = 60): string {
  const words: string[] = title
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{Mark}/gu, "")
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  return words.join("-").slice(0, longest).replace(/-$/, "");
}
