import { Button } from "./button";
import { Dialog } from "./dialog";

interface ConfirmDialogProps {
  title: string;
  text: string;
  /** What happens on confirming: a verb. */
  confirm: string;
  cancel: string;
  busy?: boolean;
  onConfirm: () => void;
  onCancel: () => void;
}

/** Asks before something is lost. The safe answer comes first and has the focus. */
export default function ConfirmDialog(props: ConfirmDialogProps) {
  return (
    <Dialog role="alertdialog" title={props.title} onClose={props.onCancel}>
      <p>{props.text}</p>
      <div className="dialog-actions">
        <Button autoFocus onClick={props.onCancel}>
          {props.cancel}
        </Button>
        <Button kind="danger" busy={props.busy ?? false} onClick={props.onConfirm}>
          {props.confirm}
        </Button>
      </div>
    </Dialog>
  );
}
