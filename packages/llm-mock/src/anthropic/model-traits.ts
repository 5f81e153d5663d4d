/**
 * Whether a model came after Claude Opus 4.6: those take no sampling parameters but their defaults, no prefill and no
 * thinking by budget (SDK 0.137, the comments of `temperature`, `top_k` and `top_p`).
 */
export function isAfterOpus46(model: string): boolean {
  if (model.includes("mythos") || model.includes("fable")) return true;
  const match = /claude-[a-z]+-(\d{1,2})(?:-(\d{1,2}))?(?!\d)/.exec(model);
  if (!match) return false;
  const major = Number(match[1]);
  return major > 4 || (major === 4 && Number(match[2] ?? 0) > 6);
}
