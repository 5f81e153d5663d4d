/** Writes the hook, to `dist/hook.cjs` unless another file is named. */
export declare function bundleHook(file?: string): Promise<void>;
