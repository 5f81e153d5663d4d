/**
 * Whether a model came after Claude Opus 4.6: those take no sampling parameters but their defaults, no prefill and no
 * thinking by budget (SDK 0.137, the comments of `temperature`, `top_k` and `top_p`).
 */
export const isAfterOpus46 = (model: string): boolean => isAfter(model, 4, 6);

/**
 * Whether a model came after Claude 4: those take `temperature` or `top_p`, not both, and no -1 for the latter; the ones before
 * say `top_p: range: -1 or 0..1` (issue 484 of the SDK for TypeScript, 9067 of LangChain.js).
 */
export const takesOneSampler = (model: string): boolean => isAfter(model, 4, 0);

function isAfter(model: string, thanMajor: number, thanMinor: number): boolean {
  if (model.includes("mythos") || model.includes("fable")) return true;
  const match = /claude-[a-z]+-(\d{1,2})(?:-(\d{1,2}))?(?!\d)/.exec(model);
  if (!match) return false;
  const major = Number(match[1]);
  return major > thanMajor || (major === thanMajor && Number(match[2] ?? 0) > thanMinor);
}
