import "./progress-bar.css";

interface ProgressBarProps {
  label: string;
  /** Of 1. */
  share: number;
  /** The same in words. */
  text: string;
  /** Nothing travels for now. */
  resting: boolean;
}

/** How much of something is there. */
export function ProgressBar({ label, share, text, resting }: ProgressBarProps) {
  return (
    <div
      className="progress-bar"
      role="progressbar"
      aria-label={label}
      aria-valuenow={Math.floor(share * 100)}
      aria-valuetext={text}
      data-resting={resting || undefined}
    >
      <div style={{ inlineSize: `${share * 100}%` }} />
    </div>
  );
}
